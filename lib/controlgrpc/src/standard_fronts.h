#pragma once

#include <google/protobuf/empty.pb.h>

#include <memory>
#include <utility>
#include <vector>

#include "carillon/control/standard_methods.h"
#include "service_table.h"
#include "standard_requests.h"

// Standard methods, whatever the resource, as methods of a service. `methods` outlives the table.
namespace carillon::controlgrpc {

template <typename Request, typename Resource>
void AddGet(ServiceTable& table, const control::Methods& methods) {
  table.Read<Request, Resource>(
      [&methods](const Request& request, const control::Caller&, Resource& resource) {
        return Take(methods.Get(request.name()), resource);
      });
}

/// `list` is the member of the response that has the resources.
template <typename Request, typename Response>
void AddList(ServiceTable& table, const control::Methods& methods, const char* list) {
  table.Read<Request, Response>(
      [&methods, list](const Request& request, const control::Caller& caller, Response& response) {
        return Take(methods.List(ToList(request), caller), list, response);
      });
}

/// `get_id` and `get_resource` are the request's members for them.
template <typename Request, typename Resource>
void AddCreate(ServiceTable& table, control::Methods& methods,
               const std::string& (Request::*get_id)() const,
               const Resource& (Request::*get_resource)() const) {
  table.Change<Request, Resource>([&methods, get_id, get_resource](const Request& request,
                                                                   const control::Caller& caller,
                                                                   control::Methods::Done done) {
    methods.Create(ToChange(request), caller, ParentOf(request), (request.*get_id)(),
                   (request.*get_resource)(), std::move(done));
  });
}

template <typename Request, typename Resource>
void AddUpdate(ServiceTable& table, control::Methods& methods,
               const Resource& (Request::*get_resource)() const) {
  table.Change<Request, Resource>([&methods, get_resource](const Request& request,
                                                           const control::Caller& caller,
                                                           control::Methods::Done done) {
    methods.Update(ToChange(request), caller, (request.*get_resource)(), request.update_mask(),
                   request.allow_missing(), std::move(done));
  });
}

/// `describe` makes the response; see control::Methods::Delete.
template <typename Request, typename Response>
void AddDelete(ServiceTable& table, control::Methods& methods,
               control::Answer (*describe)(const std::vector<control::Edit>& edits)) {
  table.Change<Request, Response>([&methods, describe](const Request& request,
                                                       const control::Caller& caller,
                                                       control::Methods::Done done) {
    methods.Delete(ToChange(request), caller, ToDeletion(request), describe, std::move(done));
  });
}

/// For resources with which nothing else goes.
inline control::Answer DescribeNothing(const std::vector<control::Edit>&) {
  return std::make_unique<google::protobuf::Empty>();
}

}  // namespace carillon::controlgrpc
