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

{{/* The prefixes of translators, as a list: those that are named, and the well-known one where it is allowed. Within them
the IPv4 address decides. */}}
{{- define "carillon.nat64" -}}
{{- $guard := default dict .Values.config.guard -}}
{{- $prefixes := list -}}
{{- range default list $guard.nat64_prefixes -}}{{- $prefixes = append $prefixes (tpl . $) -}}{{- end -}}
{{- range default list $guard.allow_networks -}}
{{- if eq (tpl . $) "64:ff9b::/96" -}}{{- $prefixes = append $prefixes "64:ff9b::/96" -}}{{- end -}}
{{- end -}}
{{- range $prefixes -}}
{{- if not (regexMatch "^[0-9a-fA-F:]+/(32|40|48|56|64|96)$" .) -}}
{{- fail (printf "config.guard.nat64_prefixes: %s is no prefix of 32, 40, 48, 56, 64 or 96 bits, written like 2001:db8:64::/96" .) -}}
{{- end -}}
{{- end -}}
{{- uniq $prefixes | toJson -}}
{{- end -}}

{{/* What the guard allows, behind translators as well. */}}
{{- define "carillon.allowed" -}}
{{- $echo := and .Values.helmTest.enabled .Values.helmTest.echo.enabled -}}
{{- $given := concat (default list (.Values.config.guard).allow_networks) (ternary .Values.helmTest.echo.networks list $echo) -}}
{{- $networks := list -}}
{{- range $given -}}{{- $networks = append $networks (include "carillon.network" (tpl . $)) -}}{{- end -}}
{{- $networks = uniq $networks -}}
{{- $v4 := list -}}
{{- range $networks -}}{{- if not (contains ":" .) -}}{{- $v4 = append $v4 . -}}{{- end -}}{{- end -}}
{{- $nat64 := include "carillon.nat64" . | fromJsonArray -}}
{{- range $nat64 -}}
{{- $networks = concat $networks (include "carillon.translated" (list . $v4) | fromJsonArray) -}}
{{- end -}}
{{- without $networks "64:ff9b::/96" | toJson -}}
{{- end -}}

{{/* Where IPv4 networks are behind a translator (RFC 6052, 2.2), as a list: (list "2001:db8:64::/96" (list
"10.0.0.0/8" ...)). Bits 64 to 71 of an address are left out. */}}
{{- define "carillon.translated" -}}
{{- $prefix := splitList "/" (index . 0) -}}
{{- $length := last $prefix | int -}}
{{- $digits := include "carillon.digits" (first $prefix) -}}
{{- $networks := list -}}
{{- range index . 1 -}}
{{- $bits := splitList "/" . | last | int -}}
{{- $inner := "" -}}
{{- range splitList "/" . | first | splitList "." -}}{{- $inner = printf "%s%02x" $inner (int .) -}}{{- end -}}
{{- if le $length 64 -}}
{{- $before := div (sub 64 $length) 4 | int -}}
{{- if gt $bits (mul 4 $before | int) -}}{{- $bits = add 8 $bits | int -}}{{- end -}}
{{- $inner = printf "%s00%s" (substr 0 $before $inner) (substr $before 8 $inner) -}}
{{- end -}}
{{- $whole := printf "%s%s%s" (substr 0 (div $length 4 | int) $digits) $inner (repeat 32 "0") -}}
{{- $networks = append $networks (printf "%s/%d" (include "carillon.address" (substr 0 32 $whole)) (add $length $bits)) -}}
{{- end -}}
{{- $networks | toJson -}}
{{- end -}}

{{/* A network of IPv6 as Kubernetes wants it written. */}}
{{- define "carillon.canonical" -}}
{{- $parts := splitList "/" . -}}
{{- printf "%s/%s" (first $parts | include "carillon.digits" | include "carillon.address") (last $parts) -}}
{{- end -}}

{{/* The 32 digits of an IPv6 address. */}}
{{- define "carillon.digits" -}}
{{- $halves := splitList "::" (lower .) -}}
{{- $left := first $halves | splitList ":" | compact -}}
{{- $right := ternary (last $halves) "" (gt (len $halves) 1) | splitList ":" | compact -}}
{{- $zeros := sub 8 (add (len $left) (len $right)) | int -}}
{{- range $left }}{{ repeat (sub 4 (len .) | int) "0" }}{{ . }}{{ end -}}
{{- repeat (max 0 (mul 4 $zeros) | int) "0" -}}
{{- range $right }}{{ repeat (sub 4 (len .) | int) "0" }}{{ . }}{{ end -}}
{{- end -}}

{{/* The address of 32 digits, as RFC 5952 has it written. */}}
{{- define "carillon.address" -}}
{{- $groups := list -}}
{{- range $i, $_ := until 8 -}}
{{- $groups = append $groups (regexReplaceAll "^0{1,3}" (substr (mul 4 $i | int) (add 4 (mul 4 $i) | int) $) "") -}}
{{- end -}}
{{- $text := join ":" $groups -}}
{{- range $more := list 7 6 5 4 3 2 1 -}}
{{- if not (contains "::" $text) -}}
{{- $text = regexSplit (printf "(^|:)0(:0){%d}(:|$)" $more) $text 2 | join "::" -}}
{{- end -}}
{{- end -}}
{{- $text -}}
{{- end -}}
