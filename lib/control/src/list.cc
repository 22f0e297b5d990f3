#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/list_filter.h"
#include "carillon/aip/order_by.h"
#include "carillon/aip/page_token.h"
#include "carillon/control/standard_methods.h"
#include "metadata.h"
#include "parent.h"

namespace carillon::control {
namespace {

/// One of a list, with where it stands.
struct Listed {
  aip::SortKey key;
  Answer message;
};

bool Sees(const Caller& caller, std::string_view name) {
  if (!caller.tenants.empty() && caller.tenants.front() == "-") return true;
  const size_t begin = name.find('/') + 1;
  const std::string tenant(name.substr(begin, name.find('/', begin) - begin));
  return std::ranges::binary_search(caller.tenants, tenant);
}

}  // namespace

absl::StatusOr<Page> Methods::List(const ListRequest& request, const Caller& caller,
                                   const Complete& complete) const {
  const auto ids = MatchParent(type_.pattern(), request.parent, true);
  if (!ids) return WrongParent(type_.pattern());
  const google::protobuf::Descriptor& type = *type_.prototype().GetDescriptor();
  const auto size = aip::PageSize(request.page_size);
  if (!size.ok()) return size.status();
  const auto filter = aip::Filter::Parse(request.filter, {type, type_.filters(), false});
  if (!filter.ok()) return filter.status();
  const auto order = aip::OrderBy::Parse(request.order_by, type, type_.orders());
  if (!order.ok()) return order.status();
  const std::string order_text = order->ToString();
  const aip::ListArguments arguments{request.method, request.parent, request.filter, order_text,
                                     caller.tenants};
  std::optional<aip::SortKey> after;
  if (!request.page_token.empty()) {
    const auto cursor =
        repository_.page_tokens().Read(request.page_token, arguments, clock_.Wall());
    if (!cursor.ok()) return cursor.status();
    after = aip::DecodeSortKey(*cursor);
  }

  Page page;
  std::vector<Listed> listed;
  for (Answer& message : Shown(ids->empty() ? "" : ids->front())) {
    if (!ids->empty() && !Sees(caller, GetText(*message, "name"))) continue;
    if (complete) complete(*message);
    if (!filter->Matches(*message)) continue;
    ++page.total_size;
    aip::SortKey key = order->KeyOf(*message);
    if (after && !order->Before(*after, key)) continue;
    listed.push_back({std::move(key), std::move(message)});
  }
  std::ranges::sort(listed,
                    [&](const Listed& a, const Listed& b) { return order->Before(a.key, b.key); });
  const size_t count = std::min(*size, listed.size());
  for (size_t i = 0; i < count; ++i) page.resources.push_back(std::move(listed[i].message));
  if (count < listed.size()) {
    page.next_page_token = repository_.page_tokens().Make(aip::EncodeSortKey(listed[count - 1].key),
                                                          arguments, clock_.Wall());
  }
  return page;
}

std::string Methods::PrefixOf(const std::string& tenant) const {
  std::string prefix = type_.pattern().ToString();
  prefix.erase(prefix.find('{'));  // up to the first id
  if (tenant != aip::NamePattern::kAny && !tenant.empty()) prefix += tenant + "/";
  return prefix;
}

absl::StatusOr<std::vector<std::string>> Methods::Names(const ListRequest& request,
                                                        const Caller& caller) const {
  const auto ids = MatchParent(type_.pattern(), request.parent, true);
  if (!ids) return WrongParent(type_.pattern());
  const std::string tenant = ids->empty() ? "" : ids->front();
  std::vector<std::string> names;
  const auto add = [&](std::string name) {
    if (ids->empty() || Sees(caller, name)) names.push_back(std::move(name));
  };
  for (const Entry& entry : repository_.ListOf(type_.prototype(), PrefixOf(tenant))) {
    if (type_.pattern().Match(entry.name)) add(entry.name);
  }
  const bool all = tenant == aip::NamePattern::kAny;
  for (std::string& name : type_.NamesOfFile(*repository_.file(), all ? "" : tenant)) {
    add(std::move(name));
  }
  return names;
}

std::vector<Answer> Methods::Shown(const std::string& tenant) const {
  const bool all = tenant == aip::NamePattern::kAny;
  std::vector<Answer> shown;
  for (const Entry& entry : repository_.ListOf(type_.prototype(), PrefixOf(tenant))) {
    if (!type_.pattern().Match(entry.name)) continue;
    Answer& copy = shown.emplace_back(type_.Summary(*entry.message));
    repository_.Complete(entry, *copy);
  }
  for (const MessagePtr& message : type_.OfFile(*repository_.file(), all ? "" : tenant)) {
    shown.emplace_back(message->New())->CopyFrom(*message);
  }
  for (const MessagePtr& message : type_.Implied(repository_)) {
    shown.emplace_back(message->New())->CopyFrom(*message);
  }
  return shown;
}

}  // namespace carillon::control
