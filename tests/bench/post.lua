-- wrk's request: one session event as SynthesisVR receives it.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '[{"uuid":"41509791-3de8-5bb9-b4fc-a9753da95aad","action":"create",'
  .. '"location":"Kamen Test","stations":1,"customerid":7685}]'
