// Probes a container once, as kubelet does: with its probers.
//
//	probe POD_IP NAME <CONTAINER
//
// NAME is startupProbe, livenessProbe or readinessProbe of the container, which is JSON. Exit code 0: success.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/probe"
	"k8s.io/kubernetes/pkg/probe/grpc"
	"k8s.io/kubernetes/pkg/probe/http"
)

func chosen(container *v1.Container, name string) *v1.Probe {
	return map[string]*v1.Probe{
		"startupProbe":   container.StartupProbe,
		"livenessProbe":  container.LivenessProbe,
		"readinessProbe": container.ReadinessProbe,
	}[name]
}

func run(container *v1.Container, asked *v1.Probe, address string) (probe.Result, string, error) {
	timeout := time.Duration(asked.TimeoutSeconds) * time.Second
	switch {
	case asked.GRPC != nil:
		service := ""
		if asked.GRPC.Service != nil {
			service = *asked.GRPC.Service
		}
		return grpc.New().Probe(address, service, int(asked.GRPC.Port), timeout)
	case asked.HTTPGet != nil:
		request, err := http.NewRequestForHTTPGetAction(asked.HTTPGet, container, address, "probe")
		if err != nil {
			return probe.Unknown, "", err
		}
		return http.New(false).Probe(request, timeout)
	}
	return probe.Unknown, "", fmt.Errorf("no handler that is known here")
}

func main() {
	var container v1.Container
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&container); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	asked := chosen(&container, os.Args[2])
	if asked == nil {
		fmt.Fprintln(os.Stderr, "no such probe:", os.Args[2])
		os.Exit(2)
	}
	result, output, err := run(&container, asked, os.Args[1])
	fmt.Println(result, output, err)
	if result != probe.Success {
		os.Exit(1)
	}
}
