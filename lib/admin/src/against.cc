#include "carillon/admin/against.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "carillon/admin/fetch.h"
#include "carillon/admin/pending_page.h"
#include "carillon/base/text.h"
#include "carillon/resource/sections.h"

namespace carillon::admin {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;
using Name = std::pair<std::string, std::string>;

constexpr size_t kMaxAnswerBytes = PendingPage::kMaxBytes + (1u << 20);
constexpr milliseconds kAskAgain{200};
constexpr size_t kMaxNameBytes = 200;

/// The page, as far as it is used.
struct Page {
  std::string version;
  std::vector<resource::StartSection> sections;
  std::vector<model::Pending> destinations;
  uint64_t next_position = 0;
  uint64_t left_out = 0;
};

absl::Status NoPage() {
  return absl::InvalidArgumentError("the answer is not the page /pending of a carillond");
}

uint64_t Number(const Json& object, const char* name) {
  return object.at(name).get_ref<const Json::number_unsigned_t&>();
}

std::string String(const Json& object, const char* name) {
  return object.at(name).get_ref<const std::string&>();
}

model::Pending ReadDestination(const Json& object) {
  model::Pending pending{.tenant = String(object, "tenant"), .name = String(object, "name")};
  pending.parked = Number(object, "parked");
  pending.in_memory = Number(object, "in_memory");
  pending.in_flight = Number(object, "in_flight");
  if (object.at("behind").is_null()) {
    pending.behind.reset();
    pending.behind_from = Number(object, "behind_from");
  } else {
    pending.behind = Number(object, "behind");
  }
  return pending;
}

absl::StatusOr<Page> ReadPage(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    Page page;
    page.version = String(json, "version");
    page.next_position = Number(json, "next_position");
    page.left_out = Number(json, "left_out");
    // Those that this program knows, under names that stay.
    const Json& sections = json.at("start_sections");
    for (const resource::StartSection& known : resource::StartSections(resource::Config())) {
      const auto mark = sections.find(std::string(known.name));
      if (mark != sections.end()) page.sections.push_back({known.name, mark->get<std::string>()});
    }
    for (const Json& object : json.at("destinations")) {
      page.destinations.push_back(ReadDestination(object));
    }
    return page;
  } catch (const Json::exception&) {
    return NoPage();
  }
}

std::string Count(uint64_t count, std::string_view one, std::string_view many) {
  return absl::StrCat(count, " ", base::ToAbsl(count == 1 ? one : many));
}
std::string Deliveries(uint64_t count) { return Count(count, "delivery", "deliveries"); }
std::string Destinations(uint64_t count) { return Count(count, "destination", "destinations"); }

/// What becomes of one that is taken out.
std::string LineOf(const model::Pending& gone, uint64_t next_position) {
  const std::string name = base::Printable(gone.tenant + "/" + gone.name, kMaxNameBytes);
  std::string line = absl::StrCat("  ", name, " is taken out: ");
  if (gone.behind && gone.counted() == 0) return line + "nothing is given up";
  absl::StrAppend(&line, gone.behind ? "" : "at least ", Deliveries(gone.counted()), " given up (",
                  gone.parked, " parked, ", gone.in_memory, " in memory, ", gone.in_flight,
                  " in flight, ");
  if (gone.behind) return absl::StrCat(line, *gone.behind, " behind)");
  const uint64_t events = next_position > gone.behind_from ? next_position - gone.behind_from : 0;
  return absl::StrCat(line, "behind not counted: those it wants of ",
                      Count(events, "event", "events"), " from position ", gone.behind_from,
                      " on)");
}

std::string SumOf(const std::vector<const model::Pending*>& gone, uint64_t left_out) {
  uint64_t sum = 0;
  bool exact = left_out == 0;
  for (const model::Pending* pending : gone) {
    sum += pending->counted();
    exact = exact && pending->behind.has_value();
  }
  std::string line = absl::StrCat("given up in all: ", exact ? "" : "at least ", sum);
  if (left_out > 0) {
    absl::StrAppend(&line, "; the server did not list ", Destinations(left_out),
                    ", those with least left: what of these is taken out is not told");
  }
  return line;
}

std::string SectionsOf(const resource::Config& config, const Page& page, std::string_view version) {
  if (page.version != version) {
    return absl::StrCat("the server is version ", base::Printable(page.version),
                        " and this program ", base::ToAbsl(version),
                        ": whether a restart is needed cannot be compared");
  }
  std::vector<std::string> needed;
  for (const std::string_view name :
       resource::RestartNeeded(page.sections, resource::StartSections(config))) {
    needed.emplace_back(name);
  }
  if (needed.empty()) return "a reload takes all of it";
  return absl::StrCat("restart needed: a reload leaves as it is: ", absl::StrJoin(needed, ", "));
}

absl::StatusOr<net::Url> AdminUrl(std::string_view text) {
  absl::StatusOr<net::Url> url = net::ParseUrl(text);
  if (!url.ok()) return url.status();
  if (url->tls) return absl::InvalidArgumentError("the admin port speaks http, not https");
  if (url->target != "/" && url->target != kPendingPath) {
    return absl::InvalidArgumentError("no path may follow the port");
  }
  url->target = kPendingPath;
  return url;
}

std::string WhyNot(const FetchedPage& page) {
  if (page.status == 404) {
    return "there is no page /pending: the server is older than this program, or no carillond";
  }
  std::string_view body = page.body;
  while (body.ends_with('\n')) body.remove_suffix(1);
  return absl::StrCat("answered with status ", page.status, ": ", base::Printable(body, 200));
}

}  // namespace

absl::StatusOr<std::string> CompareWithPage(const resource::Config& config, std::string_view text) {
  const absl::StatusOr<Page> page = ReadPage(text);
  if (!page.ok()) return page.status();
  std::set<Name> wanted;
  for (const model::Destination& destination : config.destinations) {
    wanted.insert({destination.tenant, destination.name});
  }
  std::vector<const model::Pending*> gone;  // most first, as the page has them
  for (const model::Pending& pending : page->destinations) {
    if (wanted.erase({pending.tenant, pending.name}) == 0) gone.push_back(&pending);
  }
  std::string out;
  for (size_t i = 0; i < gone.size() && i < kMaxLines; ++i) {
    absl::StrAppend(&out, LineOf(*gone[i], page->next_position), "\n");
  }
  if (gone.size() > kMaxLines) {
    absl::StrAppend(&out, "  and ", gone.size() - kMaxLines, " more that have less left\n");
  }
  return absl::StrCat(Destinations(page->destinations.size() + page->left_out), " in force, ",
                      gone.size(), " taken out, ", page->left_out > 0 ? "up to " : "",
                      wanted.size(), " new\n", out, SumOf(gone, page->left_out), "\n",
                      SectionsOf(config, *page, CARILLON_VERSION));
}

Comparison CompareWithRunning(const resource::Config& config, std::string_view address,
                              milliseconds timeout) {
  const absl::StatusOr<net::Url> url = AdminUrl(address);
  const std::string shown = base::Printable(address, 200);
  if (!url.ok()) {
    return {Compared::kWrongUrl, absl::StrCat("--against ", shown, ": ", url.status().message(),
                                              " (http://HOST:PORT of server.admin_address)")};
  }
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
    const absl::StatusOr<FetchedPage> page =
        Fetch(*url, std::max(left, milliseconds(1)), kMaxAnswerBytes);
    if (!page.ok()) {
      return {Compared::kNoAnswer,
              absl::StrCat("--against ", shown, ": ", page.status().message(),
                           ": is carillond running, and is this its server.admin_address?")};
    }
    if (page->status == 503 && std::chrono::steady_clock::now() + kAskAgain < end) {
      std::this_thread::sleep_for(kAskAgain);
      continue;
    }
    if (page->status != 200) {
      return {Compared::kNoAnswer, absl::StrCat("--against ", shown, ": ", WhyNot(*page))};
    }
    const absl::StatusOr<std::string> text = CompareWithPage(config, page->body);
    if (text.ok()) return {Compared::kDone, absl::StrCat("against ", shown, ": ", *text)};
    return {Compared::kNoAnswer, absl::StrCat("--against ", shown, ": ", text.status().message())};
  }
}

}  // namespace carillon::admin
