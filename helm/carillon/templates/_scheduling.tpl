{{/* Where pods run. */}}
{{- define "carillon.scheduling" -}}
dnsPolicy: {{ .Values.dnsPolicy }}
{{- with .Values.dnsConfig }}
dnsConfig:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end }}
{{- with .Values.hostAliases }}
hostAliases:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end }}
{{- range $name := list "priorityClassName" "runtimeClassName" "schedulerName" }}
{{- with tpl (get $.Values $name) $ }}
{{ $name }}: {{ . | quote }}
{{- end }}
{{- end }}
{{- with include "carillon.nodes" . | trim }}
{{ . }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  {{- $rule := deepCopy . }}
  {{- if not $rule.labelSelector }}
  {{- $_ := set $rule "labelSelector" (dict "matchLabels" (include "carillon.selectorLabels" $ | fromYaml)) }}
  {{- end }}
  {{- tpl (toYaml (list $rule)) $ | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* What a node has to be for any of the chart's pods; empty where any will do. */}}
{{- define "carillon.nodes" -}}
{{- range $name := list "nodeSelector" "tolerations" }}
{{- with get $.Values $name }}
{{ $name }}:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}
