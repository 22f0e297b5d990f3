{{/* Environment of carillond and of the check before it. */}}
{{- define "carillon.env" -}}
- name: CARILLON_PUBLISH_ADDRESS
  value: {{ printf "%s:%d" .Values.listenAddress (int .Values.ports.publish) | quote }}
- name: CARILLON_ADMIN_ADDRESS
  value: {{ printf "%s:%d" .Values.listenAddress (int .Values.ports.admin) | quote }}
- name: CARILLON_DATA_DIR
  value: /var/lib/carillon
{{- range $name, $from := .Values.secretEnv }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ tpl $from.secret $ | quote }}
      key: {{ tpl $from.key $ | quote }}
{{- end }}
{{- with .Values.extraEnv }}
{{ tpl (toYaml .) $ }}
{{- end }}
{{- end -}}

{{- define "carillon.volumeMounts" -}}
- name: config
  mountPath: /etc/carillon
  readOnly: true
{{- range $folder, $_ := .Values.secretFiles }}
- name: secret-{{ $folder }}
  mountPath: /etc/carillon-secrets/{{ $folder }}
  readOnly: true
{{- end }}
{{- if .Values.certificate.enabled }}
- name: certificate
  mountPath: /etc/carillon-secrets/certificate
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ tpl (toYaml .) $ }}
{{- end }}
{{- end -}}

{{- define "carillon.volumes" -}}
- name: config
  configMap:
    name: {{ include "carillon.fullname" . | quote }}
{{- range $folder, $from := .Values.secretFiles }}
- name: secret-{{ $folder }}
  secret:
    secretName: {{ tpl $from.secret $ | quote }}
    defaultMode: 0440
    {{- with $from.items }}
    items:
      {{- tpl (toYaml .) $ | nindent 6 }}
    {{- end }}
{{- end }}
{{- if .Values.certificate.enabled }}
- name: certificate
  secret:
    secretName: {{ include "carillon.certificateSecret" . | quote }}
    defaultMode: 0440
{{- end }}
{{- if not .Values.persistence.enabled }}
- name: data
  emptyDir:
    sizeLimit: {{ .Values.persistence.size }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ tpl (toYaml .) $ }}
{{- end }}
{{- end -}}

{{- define "carillon.certificateSecret" -}}
{{- default (printf "%s-certificate" (include "carillon.fullname" .)) (tpl .Values.certificate.secretName .) -}}
{{- end -}}

{{/* The user's containers: (list $ containers). What has no security context gets the chart's. */}}
{{- define "carillon.containers" -}}
{{- $root := index . 0 -}}
{{- range index . 1 }}
{{- $container := deepCopy . -}}
{{- if not $container.securityContext -}}{{- $_ := set $container "securityContext" $root.Values.securityContext -}}{{- end }}
{{ tpl (toYaml (list $container)) $root }}
{{- end }}
{{- end -}}

{{/* Probes: whether the process goes on (the startup probe and liveness), and whether it accepts events durably. */}}
{{- define "carillon.alive" -}}
httpGet:
  path: /healthz
  port: admin
{{- end -}}

{{- define "carillon.ready" -}}
{{- if .Values.probes.grpc -}}
grpc:
  port: {{ .Values.ports.publish }}
  service: carillon.v1.EventPublisher
{{- else -}}
httpGet:
  path: /readyz
  port: admin
{{- end -}}
{{- end -}}

{{/* The wait before SIGTERM: Kubernetes' own from 1.30 on, before that a program of the image. */}}
{{- define "carillon.preStop" -}}
{{- if semverCompare ">=1.30.0-0" .Capabilities.KubeVersion.Version -}}
sleep:
  seconds: {{ .Values.preStopSeconds }}
{{- else -}}
exec:
  command: [/usr/bin/sleep, {{ .Values.preStopSeconds | int | quote }}]
{{- end -}}
{{- end -}}

{{- define "carillon.terminationGrace" -}}
{{- add .Values.preStopSeconds (include "carillon.shutdownGrace" . | int) 15 -}}
{{- end -}}
