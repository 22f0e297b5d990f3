#include "carillon/admin/metrics_page.h"

#include <pthread.h>

#include <memory>
#include <utility>

namespace carillon::admin {
namespace {

constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

web::Response Busy(const char* why) { return {.status = 503, .body = why}; }

}  // namespace

MetricsPage::MetricsPage(Render render) : render_(std::move(render)) {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "scrape");
    Run();
  });
}

MetricsPage::~MetricsPage() { Stop(); }

void MetricsPage::Answer(web::Responder responder) {
  {
    const base::MutexLock lock(mutex_);
    if (!stopping_ && waiting_.size() < kMaxWaiting) {
      waiting_.push_back(std::move(responder));
      wake_.NotifyOne();
      return;
    }
  }
  responder.Reply(Busy("too many ask, or the process stops: ask again\n"));
}

void MetricsPage::Stop() {
  std::vector<web::Responder> waiting;
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    waiting.swap(waiting_);
  }
  wake_.NotifyOne();
  for (web::Responder& responder : waiting) responder.Reply(Busy("the process stops\n"));
  if (thread_.joinable()) thread_.join();
}

void MetricsPage::Run() {
  while (true) {
    std::vector<web::Responder> askers;
    {
      const base::MutexLock lock(mutex_);
      while (waiting_.empty() && !stopping_) wake_.Wait(mutex_);
      if (stopping_) return;
      askers.swap(waiting_);
    }
    web::Response page{.content_type = kMetricsType};
    page.shared_body = std::make_shared<const std::string>(render_());
    for (web::Responder& responder : askers) responder.Reply(page);
  }
}

}  // namespace carillon::admin
