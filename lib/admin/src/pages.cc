#include "carillon/admin/pages.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "carillon/admin/pending_page.h"
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
    "/readyz   200 while it serves\n"
    "/pending  what each destination has left to deliver, as JSON\n";

ServerReply Text(int status, std::string body) {
  ServerReply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

ServerReply Unavailable(std::string_view what, const std::string& reason) {
  return Text(503, std::string(what) + ": " + base::Printable(reason, kMaxReasonBytes) + "\n");
}

}  // namespace

/// One for each page.
struct PageMakers {
  using Sources = Pages::Sources;
  struct Page {
    std::string_view path;
    ServerReply (*make)(const Sources&);
  };

  static ServerReply Index(const Sources&) { return Text(200, kIndex); }

  static ServerReply Figures(const Sources& sources) {
    ServerReply reply = Text(200, sources.metrics.Render());
    reply.content_type = kMetricsType;
    return reply;
  }

  static ServerReply Alive(const Sources& sources) {
    const Health::State state = sources.health.Get();
    if (state.failed) return Unavailable("failed", state.reason);
    return state.stuck.empty() ? Text(200, "ok\n") : Unavailable("stuck", state.stuck);
  }

  static ServerReply Ready(const Sources& sources) {
    const Health::State state = sources.health.Get();
    if (state.ready && !state.stuck.empty()) return Unavailable("not ready", state.stuck);
    return state.ready ? Text(200, "ok\n") : Unavailable("not ready", state.reason);
  }

  static ServerReply Pending(const Sources& sources) {
    return sources.pending ? sources.pending() : Unavailable("not ready", "starting");
  }

  static constexpr std::array<Page, 5> All() {
    return {{{"/", Index},
             {"/metrics", Figures},
             {"/healthz", Alive},
             {"/readyz", Ready},
             {kPendingPath, Pending}}};
  }
};

ServerReply Pages::Handle(const http::ServerRequest& request) const {
  const std::string_view target = request.target;
  const std::string_view path = target.substr(0, target.find('?'));
  for (const PageMakers::Page& page : PageMakers::All()) {
    if (path != page.path) continue;
    if (request.method != "GET" && request.method != "HEAD") {
      http::ServerReply reply = Text(405, "only GET and HEAD\n");
      reply.allow = "GET, HEAD";
      return reply;
    }
    return page.make(sources_);
  }
  return Text(404, "no such page; / lists those there are\n");
}

}  // namespace carillon::admin
