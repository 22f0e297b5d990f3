"""Stands in for nodes, of which the control plane under test has none: says of each pod that it runs and is ready, and
of one that has to end by itself that it did."""

import threading


class Nodes:
    """A thread from its start to `close`."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.failure = None
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def close(self):
        self.ending.set()
        self.thread.join()
        if self.failure:
            raise self.failure

    def _run(self):
        try:
            while not self.ending.wait(0.3):
                pods = self.cluster.request("GET", "/api/v1/pods?fieldSelector=status.phase%3DPending")[0]["items"]
                for pod in pods:
                    self._start(pod)
        except Exception as failure:  # told by `close`
            self.failure = failure

    def _start(self, pod):
        meta = pod["metadata"]
        ends = pod["spec"]["restartPolicy"] == "Never"
        conditions = [{"type": name, "status": "True", "lastTransitionTime": meta["creationTimestamp"]}
                      for name in ("PodScheduled", "Initialized", "ContainersReady", "Ready")]
        status = {"phase": "Succeeded"} if ends else {"phase": "Running", "conditions": conditions}
        # It may be gone since.
        self.cluster.request("PATCH", f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/status",
                             {"status": status}, also=(404, 409))
