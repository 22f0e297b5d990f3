{{/* Whether the configuration may hold this: walks (dict "root" $ "path" "config" "value" ...), fails with the path. */}}
{{- define "carillon.checkSecrets" -}}
{{- $ := . -}}
{{- if kindIs "map" .value -}}
{{- if and .value.value (regexMatch "(?i)^(authorization|cookie|.*(api-?key|token|secret|password).*)$" (toString .value.name)) -}}
{{- fail (printf "%s.value: what a header %s says must not stand in values; put it into a Secret and name it by `secret: {env: ...}` (secretEnv) or `secret: {file: ...}` (secretFiles). `dev: true` allows it" .path .value.name) -}}
{{- end -}}
{{- range $key, $value := .value -}}
{{- $path := printf "%s.%s" $.path $key -}}
{{- if has $key (list "secret" "password" "token" "client_secret" "client_key" "ca_bundle" "client_certificate") -}}
{{- include "carillon.checkSecret" (dict "root" $.root "path" $path "key" $key "value" $value) -}}
{{- else -}}
{{- include "carillon.checkSecrets" (dict "root" $.root "path" $path "value" $value) -}}
{{- end -}}
{{- end -}}
{{- else if kindIs "slice" .value -}}
{{- range $index, $value := .value -}}
{{- include "carillon.checkSecrets" (dict "root" $.root "path" (printf "%s[%d]" $.path $index) "value" $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* One that is, or may be, in a file or a variable: (dict "root" $ "path" "config..." "key" "password" "value" ...). */}}
{{- define "carillon.checkSecret" -}}
{{- $ := . -}}
{{- $text := .value -}}
{{- if kindIs "map" .value -}}
{{- $text = .value.value -}}
{{- with .value.env -}}{{- include "carillon.checkEnv" (dict "root" $.root "path" (printf "%s.env" $.path) "name" .) -}}{{- end -}}
{{- with .value.file -}}{{- include "carillon.checkFile" (dict "root" $.root "path" (printf "%s.file" $.path) "name" .) -}}{{- end -}}
{{- end -}}
{{- if and $text (not (has .key (list "ca_bundle" "client_certificate"))) -}}
{{- fail (printf "%s: a secret must not stand in values; put it into a Secret and name it by `%s: {env: ...}` (secretEnv) or `%s: {file: ...}` (secretFiles). `dev: true` allows it" .path .key .key) -}}
{{- end -}}
{{- end -}}

{{- define "carillon.checkEnv" -}}
{{- $name := tpl .name .root -}}
{{- $known := keys .root.Values.secretEnv -}}
{{- range .root.Values.extraEnv -}}{{- $known = append $known .name -}}{{- end -}}
{{- if not (or (has $name $known) .root.Values.extraEnvFrom) -}}
{{- fail (printf "%s: nothing provides the variable %s; name its Secret in secretEnv (or extraEnv, extraEnvFrom)" .path $name) -}}
{{- end -}}
{{- end -}}

{{- define "carillon.checkFile" -}}
{{- $name := tpl .name .root -}}
{{- $folders := list -}}
{{- range $key, $_ := .root.Values.secretFiles -}}{{- $folders = append $folders (printf "/etc/carillon-secrets/%s/" $key) -}}{{- end -}}
{{- if .root.Values.certificate.enabled -}}{{- $folders = append $folders "/etc/carillon-secrets/certificate/" -}}{{- end -}}
{{- range .root.Values.extraVolumeMounts -}}{{- $folders = append $folders .mountPath -}}{{- end -}}
{{- $found := false -}}
{{- range $folders -}}{{- if hasPrefix . $name -}}{{- $found = true -}}{{- end -}}{{- end -}}
{{- if not $found -}}
{{- fail (printf "%s: nothing is mounted where %s is; name its Secret in secretFiles (or extraVolumes, extraVolumeMounts)" .path $name) -}}
{{- end -}}
{{- end -}}

{{/* The configuration as a map: the user's, what the chart adds, and the destination of `helm test`. */}}
{{- define "carillon.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- range $section, $members := $config -}}
{{- if kindIs "invalid" $members -}}{{- $_ := unset $config $section -}}{{- end -}}
{{- end -}}
{{- $server := default dict $config.server -}}
{{- $_ := set $server "publish_address" (printf "%s:%d" .Values.listenAddress (int .Values.ports.publish)) -}}
{{- $_ := set $server "admin_address" (printf "%s:%d" .Values.listenAddress (int .Values.ports.admin)) -}}
{{- $_ := set $config "server" $server -}}
{{/* Without tokens the pods take whom the network policy lets in. */}}
{{- $access := default dict $config.access -}}
{{- if not (or $access.tokens $access.jwt_issuers (hasKey $access "trusted_network")) -}}
{{- $_ := set $access "trusted_network" true -}}
{{- $_ := set $config "access" $access -}}
{{- end -}}
{{- $journal := default dict $config.journal -}}
{{- $_ := set $journal "data_dir" "/var/lib/carillon" -}}
{{- if .Values.persistence.enabled -}}
{{- $bytes := include "carillon.bytes" .Values.persistence.size | int64 -}}
{{- if not (hasKey $journal "retention_bytes") -}}{{- $_ := set $journal "retention_bytes" (div $bytes 2) -}}{{- end -}}
{{- if not (hasKey $journal "min_free_bytes") -}}{{- $_ := set $journal "min_free_bytes" (max (div $bytes 16) 134217728) -}}{{- end -}}
{{- end -}}
{{- $_ := set $config "journal" $journal -}}
{{- if and .Values.helmTest.enabled .Values.helmTest.echo.enabled -}}
{{- $url := printf "http://%s-test-echo.%s.svc:8080/ok" (include "carillon.fullname" .) (include "carillon.namespace" .) -}}
{{- $destination := dict "name" "tenants/helm-test/destinations/echo" "url" $url "retry" (dict "delays" (list "1s" "2s" "4s" "8s")) -}}
{{- $subscription := dict "name" "tenants/helm-test/subscriptions/echo" "types" (list "session.create") "destinations" (list "echo") -}}
{{- $guard := default dict $config.guard -}}
{{- $_ := set $guard "allow_networks" (concat (default list $guard.allow_networks) .Values.helmTest.echo.networks | uniq) -}}
{{- $_ := set $config "guard" $guard -}}
{{- $_ := set $config "destinations" (append (default list $config.destinations) $destination) -}}
{{- $_ := set $config "subscriptions" (append (default list $config.subscriptions) $subscription) -}}
{{- end -}}
{{- tpl (toYaml $config) . -}}
{{- end -}}

{{/* What a restart is needed for: those sections that a reload leaves alone. */}}
{{- define "carillon.restartChecksum" -}}
{{- pick (include "carillon.config" . | fromYaml) "server" "journal" "delivery" "resolver" "delivery_log" "statistics" "audit" "console" "secrets" "tracing" | toJson | sha256sum -}}
{{- end -}}

{{- define "carillon.shutdownGrace" -}}
{{- include "carillon.seconds" (default "20s" (.Values.config.server).shutdown_grace) -}}
{{- end -}}
