"""The Pod Security Standard "restricted" (with "baseline", which it includes), as a function of a pod's spec."""

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
SYSCTLS = {"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
           "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range"}


def violations(spec):
    """Returns what a pod's spec violates, as text."""
    found = []
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(name):
            found.append(name)
    for volume in spec.get("volumes", []):
        for kind in set(volume) - {"name"} - VOLUMES:
            found.append(f"volume {volume['name']}: {kind}")
    pod = spec.get("securityContext", {})
    for each in pod.get("sysctls", []):
        if each["name"] not in SYSCTLS:
            found.append(f"sysctl {each['name']}")
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(kind, []):
            found += [f"{container['name']}: {what}" for what in container_violations(container, pod)]
    return found


def container_violations(container, pod):
    own = container.get("securityContext", {})
    if own.get("privileged"):
        yield "privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation"
    capabilities = own.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []) or set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield "capabilities"
    if own.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True:
        yield "runAsNonRoot"
    if 0 in (own.get("runAsUser"), pod.get("runAsUser")):
        yield "runAsUser"
    profile = own.get("seccompProfile", pod.get("seccompProfile", {}))
    if profile.get("type") not in ("RuntimeDefault", "Localhost"):
        yield "seccompProfile"
    if own.get("procMount", "Default") != "Default":
        yield "procMount"
    if any(port.get("hostPort") for port in container.get("ports", [])):
        yield "hostPort"
