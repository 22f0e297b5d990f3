{{/* What the schema can't say. Each message begins with the value's name. */}}
{{- define "carillon.checks" -}}
{{- $v := .Values -}}
{{- if eq $v.mode "jetstream" -}}
{{- fail "mode: jetstream is not there yet: the service keeps events in its own journal. Use `embedded`" -}}
{{- end -}}
{{- if $v.autoscaling.enabled -}}
{{- fail "autoscaling.enabled: each replica delivers from the journal on its own volume; one that an autoscaler takes away would leave events undelivered. Set `replicas`" -}}
{{- end -}}
{{- if and $v.serviceMonitor.enabled $v.podMonitor.enabled -}}
{{- fail "podMonitor.enabled: with serviceMonitor.enabled everything would be scraped twice; choose one" -}}
{{- end -}}
{{- if not (or $v.persistence.enabled $v.dev) -}}
{{- fail "persistence.enabled: without a volume accepted events are gone with their pod; only `dev: true` allows it" -}}
{{- end -}}
{{- $name := include "carillon.fullname" . -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name) -}}
{{- fail (printf "fullnameOverride: set this; %s, from the release's name, is no name of a Service (letters, digits and `-`, a letter first)" $name) -}}
{{- end -}}
{{- if lt (include "carillon.bytes" $v.persistence.size | int64) 1000000000 -}}
{{- fail (printf "persistence.size: %s is less than 1Gi" $v.persistence.size) -}}
{{- end -}}
{{- if eq (int $v.ports.publish) (int $v.ports.admin) -}}
{{- fail "ports.admin: must be another port than ports.publish" -}}
{{- end -}}
{{- range $member := list "publish_address" "admin_address" -}}
{{- if index (default dict $v.config.server) $member -}}
{{- fail (printf "config.server.%s: the chart sets it; use ports and listenAddress" $member) -}}
{{- end -}}
{{- end -}}
{{- if ($v.config.server).admin_tls -}}
{{- fail "config.server.admin_tls: not in the chart, whose probes, Services and monitors speak HTTP to the admin port" -}}
{{- end -}}
{{- if ($v.config.journal).data_dir -}}
{{- fail "config.journal.data_dir: the chart sets it; the volume is at /var/lib/carillon" -}}
{{- end -}}
{{- if gt (include "carillon.shutdownGrace" . | int) 600 -}}
{{- fail "config.server.shutdown_grace: at most 10m" -}}
{{- end -}}
{{- if lt (int (include "carillon.memoryMebibytes" .)) 244 -}}
{{- fail (printf "resources.limits.memory: %s is less than 256Mi" $v.resources.limits.memory) -}}
{{- end -}}
{{- $b := $v.podDisruptionBudget -}}
{{- if and $b.enabled (not (kindIs "invalid" $b.maxUnavailable)) (not (kindIs "invalid" $b.minAvailable)) -}}
{{- fail "podDisruptionBudget.minAvailable: not together with maxUnavailable; set that to null" -}}
{{- end -}}
{{- if and $b.enabled (kindIs "invalid" $b.maxUnavailable) (kindIs "invalid" $b.minAvailable) -}}
{{- fail "podDisruptionBudget.maxUnavailable: this or minAvailable has to be there" -}}
{{- end -}}
{{- if and $v.ingress.enabled (not $v.ingress.hosts) -}}
{{- fail "ingress.hosts: an Ingress without a host would take every name; name one" -}}
{{- end -}}
{{- range $route := list "grpcRoute" "httpRoute" -}}
{{- if and (get $v $route).enabled (not (get $v $route).parentRefs) -}}
{{- fail (printf "%s.parentRefs: name the gateway" $route) -}}
{{- end -}}
{{- end -}}
{{- include "carillon.checkConsole" . -}}
{{- if and $v.certificate.enabled (not $v.certificate.issuerRef.name) -}}
{{- fail "certificate.issuerRef.name: name the issuer" -}}
{{- end -}}
{{- if hasKey $v.secretFiles "certificate" -}}
{{- fail "secretFiles.certificate: that folder is the one of `certificate`; choose another name" -}}
{{- end -}}
{{- if and $v.service.nodePort (eq $v.service.type "ClusterIP") -}}
{{- fail "service.nodePort: only with service.type NodePort or LoadBalancer" -}}
{{- end -}}
{{- if and $v.service.externalTrafficPolicy (eq $v.service.type "ClusterIP") -}}
{{- fail "service.externalTrafficPolicy: only with service.type NodePort or LoadBalancer" -}}
{{- end -}}
{{- if and $v.service.loadBalancerSourceRanges (ne $v.service.type "LoadBalancer") -}}
{{- fail "service.loadBalancerSourceRanges: only with service.type LoadBalancer" -}}
{{- end -}}
{{- if and $v.helmTest.echo.enabled (not $v.helmTest.echo.networks) -}}
{{- fail "helmTest.echo.networks: name the networks of your pods; the guard refuses private addresses" -}}
{{- end -}}
{{- range $index, $variable := $v.extraEnv -}}
{{- if has $variable.name (list "CARILLON_CONFIG" "CARILLON_PUBLISH_ADDRESS" "CARILLON_ADMIN_ADDRESS" "CARILLON_DATA_DIR") -}}
{{- fail (printf "extraEnv[%d].name: the chart sets %s" $index $variable.name) -}}
{{- end -}}
{{- if hasKey $v.secretEnv $variable.name -}}
{{- fail (printf "extraEnv[%d].name: %s is in secretEnv already" $index $variable.name) -}}
{{- end -}}
{{- end -}}
{{- if not $v.dev -}}
{{- include "carillon.checkSecrets" (dict "root" . "path" "config" "value" $v.config) -}}
{{- end -}}
{{- end -}}

{{/* Of the ways to the console: that it is there, leads to one store, and asks who comes. */}}
{{- define "carillon.checkConsole" -}}
{{- $v := .Values -}}
{{- range $key := list "ingress" "httpRoute" -}}
{{- if (get $v.console $key).enabled -}}
{{- if ($v.config.console).disabled -}}
{{- fail (printf "console.%s.enabled: config.console.disabled is true: nothing would answer" $key) -}}
{{- end -}}
{{- if not (include "carillon.hasCallers" $) -}}
{{- fail (printf "console.%s.enabled: nobody could sign in, as config.access has neither tokens nor jwt_issuers" $key) -}}
{{- end -}}
{{- if gt (int $v.replicas) 1 -}}
{{- fail (printf "console.%s.enabled: with replicas above 1 each call would see the store of another replica; forward a port to the pod that you mean" $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $v.console.ingress.enabled (not $v.console.ingress.hosts) -}}
{{- fail "console.ingress.hosts: an Ingress without a host would take every name; name one" -}}
{{- end -}}
{{- if and $v.console.httpRoute.enabled (not $v.console.httpRoute.parentRefs) -}}
{{- fail "console.httpRoute.parentRefs: name the gateway" -}}
{{- end -}}
{{- end -}}

{{- define "carillon.memoryMebibytes" -}}
{{- div (include "carillon.bytes" .Values.resources.limits.memory | int64) 1048576 -}}
{{- end -}}
