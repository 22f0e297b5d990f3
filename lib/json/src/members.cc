#include "carillon/json/members.h"

#include "carillon/json/string.h"

namespace carillon::json {
namespace {

struct Lister {
  void Space(size_t, size_t) {}
  void Name(size_t depth, size_t begin, size_t end, bool) {
    if (depth != 1) return;
    std::string name;
    AppendDecoded(json.substr(begin, end - begin), name);
    out.push_back({std::move(name), {}});
  }
  void Begin(size_t depth, size_t at) {
    if (depth == 1) begun = at;
  }
  void End(size_t depth, size_t at, bool) {
    if (depth == 1 && !out.empty()) out.back().value = json.substr(begun, at - begun);
  }

  std::string_view json;
  std::vector<RawMember>& out;
  size_t begun = 0;
};

/// One string and nothing around it.
struct OneString {
  void Space(size_t, size_t) { alone = false; }
  void Name(size_t, size_t, size_t, bool) {}
  void Begin(size_t, size_t) {}
  void End(size_t, size_t, bool) {}
  bool alone = true;
};

}  // namespace

std::optional<Error> ReadMembers(std::string_view json, size_t max_depth,
                                 std::vector<RawMember>& out) {
  out.clear();
  Lister lister{json, out};
  if (const auto error = Scanner(json, lister, max_depth).Run()) return error;
  const size_t begin = json.find_first_not_of(" \t\r\n");
  if (json[begin] != '{') return Error{begin, "an object is expected"};
  return std::nullopt;
}

std::optional<std::string> DecodeString(std::string_view value) {
  OneString one;
  if (!value.starts_with('"') || Scanner(value, one).Run() || !one.alone) return std::nullopt;
  std::string text;
  AppendDecoded(value.substr(1, value.size() - 2), text);
  return text;
}

}  // namespace carillon::json
