#pragma once

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace carillon::delivery {

/// What an Owner's `Begin...` returns and its `End...` takes, so that nothing is ended which was
/// not begun. To end twice by the same one, after it was moved, ends the process with a message.
/// When it is destroyed nothing ends: an answer may come when its lane is gone. `What` tells apart
/// what an Owner begins, if that is more than one thing.
template <typename Owner, typename What = Owner>
class [[nodiscard]] Begun {
 public:
  Begun(Begun&& other) noexcept : open_(std::exchange(other.open_, false)) {}
  Begun& operator=(Begun&& other) noexcept {
    open_ = std::exchange(other.open_, false);
    return *this;
  }

 private:
  friend Owner;
  Begun() = default;
  void End() {
    if (std::exchange(open_, false)) return;
    std::fputs("carillon: what was ended before is ended again\n", stderr);
    std::abort();
  }

  bool open_ = true;
};

}  // namespace carillon::delivery
