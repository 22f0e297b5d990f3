#include "proxy.h"

#include <string>
#include <utility>

#include "carillon/base/text.h"
#include "carillon/net/url.h"
#include "read_authorization.h"

namespace carillon::resource {
namespace {

void ReadUrl(const std::string& given, net::Proxy& to, const Path& path, Errors& errors) {
  const auto url = net::ParseUrl(given);
  if (!url.ok()) {
    const bool has_user = given.find('@') != given.npos;
    return errors.Add(path, has_user ? "must not hold credentials: use basic"
                                     : base::ToStd(url.status().message()));
  }
  if (url->tls || url->target != "/") return errors.Add(path, "must be http://HOST:PORT");
  to.host = url->host;
  to.port = url->port;
}

}  // namespace

net::Proxy ReadProxy(const v1::ProxySettings& given, const Path& path, Errors& errors) {
  net::Proxy to;
  ReadUrl(given.url(), to, path.Member("url"), errors);
  if (!given.has_basic()) return to;
  model::BasicAuthorization basic = ReadBasic(given.basic(), path.Member("basic"), errors);
  to.username = std::move(basic.user);
  to.password = std::move(basic.password);
  return to;
}

}  // namespace carillon::resource
