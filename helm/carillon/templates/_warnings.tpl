{{/* What is unsafe in the values given: a list, for NOTES.txt. */}}
{{- define "carillon.warnings" -}}
{{- $warnings := list -}}
{{- $v := .Values -}}
{{- if $v.dev -}}
{{- $warnings = append $warnings "dev is true: secrets may stand in the configuration, where all who may read ConfigMaps read them." -}}
{{- end -}}
{{- if not $v.persistence.enabled -}}
{{- $warnings = append $warnings "persistence.enabled is false: accepted events are gone with their pod." -}}
{{- end -}}
{{- if not $v.image.registry -}}
{{- $warnings = append $warnings "image.registry is empty: nodes need the image under its plain name, or take it from their default registry." -}}
{{- end -}}
{{- if not $v.config.destinations -}}
{{- $warnings = append $warnings "config.destinations is empty: events are accepted and delivered to nobody." -}}
{{- end -}}
{{- range $index, $destination := default list $v.config.destinations -}}
{{- if hasPrefix "http://" (toString $destination.url) -}}
{{- $warnings = append $warnings (printf "config.destinations[%d].url is not https: anybody on the way reads and changes what is sent." $index) -}}
{{- end -}}
{{- if ($destination.tls).insecure_skip_verify -}}
{{- $warnings = append $warnings (printf "config.destinations[%d].tls.insecure_skip_verify is true: whoever answers is believed." $index) -}}
{{- end -}}
{{- if not $destination.keys -}}
{{- $warnings = append $warnings (printf "config.destinations[%d].keys is empty: its receiver cannot tell who sent a request." $index) -}}
{{- end -}}
{{- end -}}
{{- if not $v.networkPolicy.enabled -}}
{{- $warnings = append $warnings "networkPolicy.enabled is false: the publishing port has no TLS and asks nobody who they are; every pod can publish." -}}
{{- end -}}
{{- if ne $v.service.type "ClusterIP" -}}
{{- $warnings = append $warnings (printf "service.type is %s: the publishing port has no TLS and asks nobody who they are; keep others away from it." $v.service.type) -}}
{{- end -}}
{{- if or $v.ingress.enabled $v.grpcRoute.enabled $v.httpRoute.enabled -}}
{{- $warnings = append $warnings "Publishing is open to where the Ingress or Gateway leads from: it has to ask who publishers are, and its pods need a place in networkPolicy.publishFrom." -}}
{{- end -}}
{{- if or $v.console.ingress.enabled $v.console.httpRoute.enabled -}}
{{- $warnings = append $warnings "The console and the administration API are open to where the Ingress or Gateway leads from: its pods need a place in networkPolicy.adminFrom and, so that failed sign-ins count for who made them, in config.access.trusted_proxies." -}}
{{- if not ($v.config.access).public_url -}}
{{- $warnings = append $warnings "config.access.public_url is empty: portal links need the address at which people reach the console." -}}
{{- end -}}
{{- end -}}
{{- if and $v.console.ingress.enabled (not $v.console.ingress.tls) -}}
{{- $warnings = append $warnings "console.ingress.tls is empty: without TLS on the way anybody there reads the tokens of those who sign in." -}}
{{- end -}}
{{- if and $v.helmTest.enabled (include "carillon.hasCallers" .) (not $v.helmTest.token) -}}
{{- $warnings = append $warnings "helmTest.token is empty: publishing asks for a token, so helm test is refused." -}}
{{- end -}}
{{- if and $v.networkPolicy.enabled (not $v.networkPolicy.extraEgress) -}}
{{- if ($v.config.proxy).url -}}
{{- $warnings = append $warnings "config.proxy is given: allow the way to it in networkPolicy.extraEgress." -}}
{{- end -}}
{{- if ($v.config.tracing).endpoint -}}
{{- $warnings = append $warnings "config.tracing is given: allow the way to the collector in networkPolicy.extraEgress." -}}
{{- end -}}
{{- end -}}
{{- if or (eq $v.persistence.whenDeleted "Delete") (eq $v.persistence.whenScaled "Delete") -}}
{{- $warnings = append $warnings "persistence.whenDeleted or whenScaled is Delete: undelivered events leave with their volumes." -}}
{{- end -}}
{{- if gt (len $warnings) 20 -}}
{{- $warnings = append (slice $warnings 0 20) (printf "and %d more." (sub (len $warnings) 20)) -}}
{{- end -}}
{{- toYaml $warnings -}}
{{- end -}}
