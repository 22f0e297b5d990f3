#include "carillon/admin/pages.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "carillon/base/text.h"

namespace carillon::admin {
namespace {

using http::ServerReply;

constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr size_t kMaxReasonBytes = 512;

constexpr char kIndex[] =
    "Carillon\n"
    "\n"
    "/metrics  figures, in the Prometheus text format\n"
    "/healthz  200 while the process can go on\n"
    "/readyz   200 while it serves\n";

ServerReply Text(int status, std::string body) {
  ServerReply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

ServerReply Unavailable(std::string_view what, const std::string& reason) {
  return Text(503, std::string(what) + ": " + base::Printable(reason, kMaxReasonBytes) + "\n");
}

ServerReply Index(const Health&, metrics::Metrics&) { return Text(200, kIndex); }

ServerReply Figures(const Health&, metrics::Metrics& metrics) {
  ServerReply reply = Text(200, metrics.Render());
  reply.content_type = kMetricsType;
  return reply;
}

ServerReply Alive(const Health& health, metrics::Metrics&) {
  const Health::State state = health.Get();
  return state.failed ? Unavailable("failed", state.reason) : Text(200, "ok\n");
}

ServerReply Ready(const Health& health, metrics::Metrics&) {
  const Health::State state = health.Get();
  return state.ready ? Text(200, "ok\n") : Unavailable("not ready", state.reason);
}

struct Page {
  std::string_view path;
  ServerReply (*make)(const Health&, metrics::Metrics&);
};

constexpr std::array<Page, 4> kPages = {
    {{"/", Index}, {"/metrics", Figures}, {"/healthz", Alive}, {"/readyz", Ready}}};

}  // namespace

ServerReply Pages::Handle(const http::ServerRequest& request) const {
  const std::string_view target = request.target;
  const std::string_view path = target.substr(0, target.find('?'));
  for (const Page& page : kPages) {
    if (path != page.path) continue;
    if (request.method != "GET" && request.method != "HEAD") {
      http::ServerReply reply = Text(405, "only GET and HEAD\n");
      reply.allow = "GET, HEAD";
      return reply;
    }
    return page.make(health_, metrics_);
  }
  return Text(404, "no such page; / lists those there are\n");
}

}  // namespace carillon::admin
