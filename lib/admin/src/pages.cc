#include "carillon/admin/pages.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "carillon/admin/pending_page.h"
#include "carillon/base/text.h"

namespace carillon::admin {
namespace {

constexpr size_t kMaxReasonBytes = 512;

constexpr char kIndex[] =
    "Carillon\n"
    "\n"
    "/metrics  figures, in the Prometheus text format\n"
    "/healthz  200 while the process can go on\n"
    "/readyz   200 while it serves\n"
    "/pending  what each destination has left to deliver, as JSON\n";

web::Response Text(int status, std::string body) {
  web::Response reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

web::Response Unavailable(std::string_view what, const std::string& reason) {
  return Text(503, std::string(what) + ": " + base::Printable(reason, kMaxReasonBytes) + "\n");
}

}  // namespace

/// One for each page.
struct PageMakers {
  using Sources = Pages::Sources;
  struct Page {
    std::string_view path;
    web::Response (*make)(const Sources&);
  };

  static web::Response Index(const Sources&) { return Text(200, kIndex); }

  static web::Response Alive(const Sources& sources) {
    const Health::State state = sources.health.Get();
    if (state.failed) return Unavailable("failed", state.reason);
    return state.stuck.empty() ? Text(200, "ok\n") : Unavailable("stuck", state.stuck);
  }

  static web::Response Ready(const Sources& sources) {
    const Health::State state = sources.health.Get();
    if (state.ready && !state.stuck.empty()) return Unavailable("not ready", state.stuck);
    if (!state.ready) return Unavailable("not ready", state.reason);
    return Text(200, "ok\nconfiguration revision " + std::to_string(state.revision) + "\n");
  }

  static void Later(const Pages::Later& page, web::Responder responder) {
    if (page) return page(std::move(responder));
    responder.Reply(Unavailable("not ready", "starting"));
  }

  /// Those that are answered at once.
  static const std::array<Page, 3>& All() {
    static constexpr std::array<Page, 3> kPages = {
        {{"/", Index}, {"/healthz", Alive}, {"/readyz", Ready}}};
    return kPages;
  }
};

void Pages::AddTo(web::Routes& routes) const {
  for (const PageMakers::Page& page : PageMakers::All()) {
    routes.Add({.path = std::string(page.path),
                .handler = web::Immediate(
                    [this, &page](const web::Request&) { return page.make(sources_); })});
  }
  routes.Add({.path = "/metrics", .handler = [this](const web::Request&, web::Responder responder) {
                PageMakers::Later(sources_.metrics, std::move(responder));
              }});
  routes.Add({.path = kPendingPath,
              .handler =
                  [this](const web::Request&, web::Responder responder) {
                    PageMakers::Later(sources_.pending, std::move(responder));
                  },
              .answer_timeout = PendingPage::kPatience,
              .timeout_response = PendingPage::StillCounting()});
}

web::Response Pages::Get(std::string_view path) const {
  for (const PageMakers::Page& page : PageMakers::All()) {
    if (path == page.path) return page.make(sources_);
  }
  return Text(404, "no such page; / lists those there are\n");
}

}  // namespace carillon::admin
