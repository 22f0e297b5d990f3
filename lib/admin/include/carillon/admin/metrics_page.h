#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "carillon/base/mutex.h"
#include "carillon/web/responder.h"

namespace carillon::admin {

/// `/metrics`, rendered on a thread of its own: a scrape asks the delivery threads and looks at
/// every destination, and what else the admin port answers does not wait for that. Whoever asks
/// while a page is rendered gets the next one, all of them the same. Thread-safe.
class MetricsPage {
 public:
  /// Returns the page's text; on the page's thread, one call at a time.
  using Render = std::function<std::string()>;
  /// Those who may wait for one page; one more is answered 503.
  static constexpr size_t kMaxWaiting = 256;

  explicit MetricsPage(Render render);
  /// As `Stop`.
  ~MetricsPage();

  /// Answers later, on the page's thread; 503 once it stops.
  void Answer(web::Responder responder);

  /// Waits for the page that is rendered, and answers who waits for another with 503. After that
  /// `render` is not called any more. Not from it.
  void Stop();

 private:
  void Run();

  const Render render_;
  base::Mutex mutex_;
  base::CondVar wake_;
  std::vector<web::Responder> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace carillon::admin
