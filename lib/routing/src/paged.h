#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "carillon/base/text.h"

namespace carillon::routing {

/// A vector whose copies share its pages until one of them is changed. Copies may be read by
/// several threads; one is changed by one thread, before others see it.
template <typename T>
class PagedVector {
 public:
  uint32_t size() const { return size_; }
  const T& operator[](uint32_t i) const { return (*pages_[i / kPage])[i % kPage]; }

  /// It grows as far as that takes.
  void Set(uint32_t i, T value) {
    while (pages_.size() <= i / kPage) pages_.push_back(std::make_shared<Page>());
    size_ = size_ > i ? size_ : i + 1;
    std::shared_ptr<Page>& page = pages_[i / kPage];
    if (page.use_count() > 1) page = std::make_shared<Page>(*page);
    (*page)[i % kPage] = std::move(value);
  }

 private:
  static constexpr uint32_t kPage = 256;
  using Page = std::array<T, kPage>;
  std::vector<std::shared_ptr<Page>> pages_;
  uint32_t size_ = 0;
};

/// The same for a map from names.
template <typename T>
class PagedMap {
 public:
  PagedMap() : pages_(kPages, std::make_shared<Page>()) {}

  /// Null: it is not there.
  const T* Find(std::string_view name) const {
    const size_t hash = typename Page::hasher()(base::ToAbsl(name));
    const Page& page = *pages_[PageOf(hash)];
    const auto found = page.find(base::ToAbsl(name), hash);
    return found == page.end() ? nullptr : &found->second;
  }

  void Set(const std::string& name, T value) { Own(name)[name] = std::move(value); }
  void Erase(const std::string& name) { Own(name).erase(name); }

  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& page : pages_) {
      for (const auto& [name, value] : *page) visit(name, value);
    }
  }

 private:
  static constexpr size_t kPages = 1024;
  using Page = absl::flat_hash_map<std::string, T>;

  // The map itself takes the lower bits.
  static size_t PageOf(size_t hash) { return (hash >> 48) % kPages; }

  Page& Own(const std::string& name) {
    std::shared_ptr<Page>& page = pages_[PageOf(typename Page::hasher()(name))];
    if (page.use_count() > 1) page = std::make_shared<Page>(*page);
    return *page;
  }

  std::vector<std::shared_ptr<Page>> pages_;
};

}  // namespace carillon::routing
