#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/http/resolver.h"
#include "carillon/net/url.h"

namespace carillon::admin {

struct FetchedPage {
  int status = 0;
  std::string body;
};

/// GETs one page of an admin port over plain HTTP, for command lines: blocks for `timeout` at most
/// and takes `max_bytes` at most. No redirect, no proxy, no TLS, nothing but what carillond's own
/// server sends (a body with a length, or up to the end). The host's name is looked up as `names`
/// says, and every address of it is tried. Errors, whose words begin with what was tried:
/// UNAVAILABLE (no such host, refused, broken off), DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED (too
/// long), INVALID_ARGUMENT (no HTTP).
absl::StatusOr<FetchedPage> Fetch(const net::Url& url, std::chrono::milliseconds timeout,
                                  size_t max_bytes, const http::ResolverOptions& names = {});

}  // namespace carillon::admin
