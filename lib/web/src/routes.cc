#include "carillon/web/routes.h"

#include <algorithm>
#include <utility>

namespace carillon::web {
namespace {

/// What a path of that route begins with.
std::string_view Beginning(std::string_view path) {
  return path.ends_with('*') ? path.substr(0, path.size() - 1) : path;
}

bool Fits(const Route& route, std::string_view path) {
  return route.path.ends_with('*') ? path.starts_with(Beginning(route.path)) : path == route.path;
}

}  // namespace

Handler Immediate(std::function<Response(const Request&)> handler) {
  return [handler = std::move(handler)](const Request& request, Responder responder) {
    responder.Reply(handler(request));
  };
}

void Routes::Add(Route route) {
  std::erase_if(routes_, [&route](const Route& other) { return other.path == route.path; });
  const auto before = [&route](const Route& other) {
    const size_t own = Beginning(route.path).size(), its = Beginning(other.path).size();
    return its > own || (its == own && !other.path.ends_with('*'));
  };
  routes_.insert(std::ranges::find_if_not(routes_, before), std::move(route));
}

const Route* Routes::Find(std::string_view path) const {
  const auto found =
      std::ranges::find_if(routes_, [path](const Route& route) { return Fits(route, path); });
  return found == routes_.end() ? nullptr : &*found;
}

bool Allows(const Route& route, std::string_view method) {
  return std::ranges::any_of(route.methods, [method](const std::string& allowed) {
    return method == allowed || (method == "HEAD" && allowed == "GET");
  });
}

std::string AllowedMethods(const Route& route) {
  std::string names;
  for (const std::string& method : route.methods) {
    if (!names.empty()) names += ", ";
    names += method;
    if (method == "GET") names += ", HEAD";
  }
  return names;
}

}  // namespace carillon::web
