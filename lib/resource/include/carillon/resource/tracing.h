#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "carillon/model/destination.h"
#include "carillon/model/tls_settings.h"
#include "carillon/net/url.h"

namespace carillon::resource {

/// Where spans go and which are made; members that were left out are what the OTEL_ variables say,
/// or the defaults. A value.
struct Tracing {
  std::string endpoint;                ///< empty when no spans are made
  net::Url url;                        ///< of it; by HTTP with its whole path
  bool by_http = false;                ///< OTLP/HTTP with protobuf; otherwise OTLP/gRPC
  std::vector<model::Header> headers;  ///< fit for gRPC's metadata, too
  double sample_ratio = 1;
  std::chrono::milliseconds timeout{};
  std::chrono::milliseconds interval{};
  uint32_t max_queue = 0;
  std::vector<std::pair<std::string, std::string>> resource;  ///< `service.name` first
  model::TlsSettings tls;                                     ///< of the collector
  /// What the file says, defaults filled in, but not what a reload takes (values of headers,
  /// `tls`): to tell a change.
  std::string file;
};

}  // namespace carillon::resource
