{{/* What lib/guard refuses and allows, as a NetworkPolicy says it; tests/chart compares with lib/guard/src/special.cc. */}}
{{- define "carillon.specialV4" -}}
[0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.0.0.0/24, 192.0.2.0/24,
192.31.196.0/24, 192.52.193.0/24, 192.88.99.0/24, 192.168.0.0/16, 192.175.48.0/24, 198.18.0.0/15, 198.51.100.0/24,
203.0.113.0/24, 224.0.0.0/4, 240.0.0.0/4, 168.63.129.16/32]
{{- end -}}

{{- define "carillon.specialV6" -}}
["2001::/32", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]
{{- end -}}


{{- define "carillon.guardPorts" -}}
{{- range concat (list "80" "443" "8080" "8443") (default list (.Values.config.guard).allow_ports) | uniq }}
{{- $range := splitList "-" (toString .) }}
- port: {{ first $range }}
  protocol: TCP
  {{- if gt (len $range) 1 }}
  endPort: {{ last $range }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* An address is a network of one. */}}
{{- define "carillon.network" -}}
{{- if contains "/" . -}}{{ . }}{{- else -}}{{ printf "%s/%s" . (ternary "128" "32" (contains ":" .)) }}{{- end -}}
{{- end -}}

{{/* Address and port of a name server: `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:53`, `2001:db8::53`. */}}
{{- define "carillon.serverAddress" -}}
{{- if hasPrefix "[" . -}}
{{- regexReplaceAll "^\\[([^]]*)\\].*$" . "${1}" -}}
{{- else if eq (len (splitList ":" .)) 2 -}}
{{- splitList ":" . | first -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end -}}

{{- define "carillon.serverPort" -}}
{{- $end := regexFind "(\\]:|^[0-9.]+:)[0-9]+$" . -}}
{{- if $end -}}{{- splitList ":" . | last -}}{{- else -}}53{{- end -}}
{{- end -}}
