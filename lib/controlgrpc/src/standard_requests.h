#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "carillon/control/standard_methods.h"

// Requests of standard methods, whatever the resource, as `control` takes them.
namespace carillon::controlgrpc {

/// The full name of the method that takes the request, by that request's service: standard methods
/// have requests of their own.
std::string MethodName(const google::protobuf::Message& request);

/// Empty for resources that are in nothing.
template <typename Request>
std::string ParentOf(const Request& request) {
  if constexpr (requires { request.parent(); }) return request.parent();
  return "";
}

template <typename Request>
control::ListRequest ToList(const Request& request) {
  return {.method = MethodName(request),
          .parent = ParentOf(request),
          .page_size = request.page_size(),
          .page_token = request.page_token(),
          .filter = request.filter(),
          .order_by = request.order_by()};
}

template <typename Request>
control::ChangeRequest ToChange(const Request& request) {
  control::ChangeRequest change{MethodName(request), request, request.request_id(),
                                request.validate_only()};
  if constexpr (requires { request.force(); }) change.force = request.force();
  return change;
}

template <typename Request>
control::Deletion ToDeletion(const Request& request) {
  control::Deletion deletion{
      .name = request.name(), .etag = request.etag(), .allow_missing = request.allow_missing()};
  if constexpr (requires { request.force(); }) deletion.force = request.force();
  return deletion;
}

/// Moves an answer into the response.
template <typename Response>
absl::Status Take(absl::StatusOr<control::Answer> answer, Response& response) {
  if (answer.ok()) response.Swap(static_cast<Response*>(answer->get()));
  return answer.status();
}

/// Moves a page into the response, whose member `list` has the resources.
template <typename Response>
absl::Status Take(absl::StatusOr<control::Page> page, const char* list, Response& response) {
  if (!page.ok()) return page.status();
  const auto* field = Response::descriptor()->FindFieldByName(list);
  for (control::Answer& resource : page->resources) {
    response.GetReflection()->AddAllocatedMessage(&response, field, resource.release());
  }
  response.set_next_page_token(page->next_page_token);
  response.set_total_size(page->total_size);
  return absl::OkStatus();
}

}  // namespace carillon::controlgrpc
