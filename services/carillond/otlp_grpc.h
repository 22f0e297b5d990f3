#pragma once

#include <memory>

#include "carillon/tracing/transport.h"

namespace carillon::server {

/// By OTLP/gRPC: calls TraceService/Export at the host and port of the URL, in the clear for http,
/// with TLS for https. Trusts what its TLS settings say, or gRPC's roots
/// (GRPC_DEFAULT_SSL_ROOTS_FILE_PATH, or the system's).
std::unique_ptr<tracing::SpanTransport> MakeGrpcTransport(const tracing::Collector& collector);

}  // namespace carillon::server
