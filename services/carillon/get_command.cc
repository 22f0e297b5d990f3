#include "get_command.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/client/explain.h"
#include "carillon/client/render.h"

namespace carillon::cli {
namespace {

using client::Kind;
using google::protobuf::Message;

/// `orders` where a key's name would be `orders/first`: the destination whose keys are meant.
bool IsOuter(const Kind& kind, const std::string& name) {
  return kind.IsNested() && !client::WholeName(kind, name, "default").ok() &&
         client::ParentName(kind, name, "default").ok();
}

bool IsForPeople(client::OutputForm form) {
  return form == client::OutputForm::kTable || form == client::OutputForm::kWide;
}

absl::StatusOr<std::string> ParentOfList(const ApiSession& session, const Kind& kind,
                                         const GetFlags& flags) {
  if (flags.no_tenant) return "";
  const std::string outer = flags.names.empty() ? "" : flags.names.front();
  return client::ParentName(kind, outer, flags.everywhere ? "-" : session.tenant());
}

int ListThem(ApiSession& session, const Kind& kind, const GetFlags& flags) {
  const auto parent = ParentOfList(session, kind, flags);
  if (!parent.ok()) return FailBefore(parent.status());
  const std::string plural(kind.plural);
  const uint64_t limit = flags.limit.value_or(kind.usual_limit);
  uint64_t count = 0;
  client::Listing listing(kind, session.form(), flags.everywhere);
  const absl::Status status = session.resources().List(
      kind, {.parent = *parent, .filter = flags.filter, .order_by = flags.order_by, .limit = limit},
      [&](const Message& resource) {
        listing.Add(resource);
        ++count;
      });
  if (!status.ok()) return session.Fail(status);
  const bool for_people = IsForPeople(session.form());
  if (listing.empty() && for_people) {
    Say(absl::StrCat("no ", plural, parent->empty() ? "" : " in ", *parent,
                     flags.filter.empty() ? "" : " that match"));
    return client::kEndDone;
  }
  ApiSession::Print(listing.Render(session.color()));
  if (for_people && !flags.limit && count == limit && limit > 0) {
    Say(absl::StrCat("these are the last ", limit, ": --limit 0 shows all ", plural));
  }
  return client::kEndDone;
}

int ShowThem(ApiSession& session, const Kind& kind, const GetFlags& flags) {
  client::Listing listing(kind, session.form(), false);
  int ending = client::kEndDone;
  for (const std::string& word : flags.names) {
    const auto name = client::WholeName(kind, word, session.tenant());
    if (!name.ok()) return FailBefore(name.status());
    const auto resource = session.resources().Get(kind, *name);
    if (!resource.ok()) {
      ending = session.Fail(resource.status());
      continue;
    }
    if (flags.names.size() == 1) {
      ApiSession::Print(RenderOne(kind, **resource, session.form(), session.color()));
      return client::kEndDone;
    }
    listing.Add(**resource);
  }
  if (!listing.empty()) ApiSession::Print(listing.Render(session.color()));
  return ending;
}

/// Those of another kind that belong to the resource, under a heading.
void DescribeRelated(ApiSession& session, const Kind& related, const client::ListQuery& query) {
  client::Listing listing(related, client::OutputForm::kTable, false);
  const absl::Status status = session.resources().List(
      related, query, [&listing](const Message& resource) { listing.Add(resource); });
  if (!status.ok() || listing.empty()) return;
  ApiSession::Print(
      absl::StrCat("\n", base::ToAbsl(related.plural), ":\n", listing.Render(session.color())));
}

}  // namespace

void AddListFlags(CLI::App& app, GetFlags& flags) {
  app.add_option("--filter", flags.filter,
                 "Only those that match (AIP-160): labels.team = \"billing\" AND state = DISABLED");
  app.add_option("--order-by", flags.order_by,
                 "Members, each also with ' desc': 'update_time desc'");
  app.add_option("--limit", flags.limit, "At most so many; 0: all (default: all, of logs 50)");
  app.add_flag("-A,--all-tenants", flags.everywhere, "In all tenants: only who may see them all");
}

const Kind* KindOf(GetFlags& flags) {
  if (const Kind* kind = client::FindKind(flags.kind)) return kind;
  if (const Kind* kind = client::KindOfName(flags.kind)) {
    flags.names.insert(flags.names.begin(), flags.kind);
    return kind;
  }
  Say(absl::StrCat("no kind '", base::Printable(flags.kind), "'", client::KnownKinds(flags.kind)));
  return nullptr;
}

int RunGet(const Kind& kind, const GetFlags& flags) {
  return WithSession(flags.api, [&](ApiSession& session) {
    const bool outer = flags.names.size() == 1 && IsOuter(kind, flags.names.front());
    if (flags.names.empty() || outer) return ListThem(session, kind, flags);
    return ShowThem(session, kind, flags);
  });
}

int RunDescribe(const Kind& kind, const GetFlags& flags) {
  return WithSession(flags.api, [&](ApiSession& session) {
    const auto name = client::WholeName(kind, flags.names.front(), session.tenant());
    if (!name.ok()) return FailBefore(name.status());
    const auto resource = session.resources().Get(kind, *name);
    if (!resource.ok()) return session.Fail(resource.status());
    ApiSession::Print(client::Describe(**resource));
    if (kind.plural == "destinations") {
      DescribeRelated(session, *client::FindKind("subscriptions"),
                      {.parent = client::ParentOf(*name),
                       .filter = absl::StrCat("destinations:\"", *name, "\"")});
      DescribeRelated(session, *client::FindKind("deliveries"), {.parent = *name, .limit = 10});
    }
    if (kind.plural == "events") {
      const std::string id = client::TextOf(**resource, "id");
      DescribeRelated(session, *client::FindKind("deliveries"),
                      {.parent = absl::StrCat(client::ParentOf(*name), "/destinations/-"),
                       .filter = absl::StrCat("event_id = \"", id, "\""),
                       .limit = 100});
    }
    if (kind.plural == "deliveries") {
      DescribeRelated(session, *client::FindKind("attempts"), {.parent = *name, .limit = 100});
    }
    return static_cast<int>(client::kEndDone);
  });
}

}  // namespace carillon::cli
