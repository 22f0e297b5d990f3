#include "completion.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace carillon::cli {
namespace {

constexpr size_t kMaxHelpBytes = 100;

constexpr char kBash[] = R"(# carillon completion bash > /etc/bash_completion.d/carillon
_carillon() {
  local text help
  COMPREPLY=()
  while IFS=$'\t' read -r text help; do
    COMPREPLY+=("$text")
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -o bashdefault -F _carillon carillon
)";

constexpr char kZsh[] = R"(#compdef carillon
# carillon completion zsh > "${fpath[1]}/_carillon"
_carillon() {
  local -a candidates
  local text help
  while IFS=$'\t' read -r text help; do
    candidates+=("${text//:/\\:}:$help")
  done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( ${#candidates} )); then
    _describe -t carillon carillon candidates
  else
    _files
  fi
}
if [ "$funcstack[1]" = "_carillon" ]; then
  _carillon "$@"
else
  compdef _carillon carillon
fi
)";

constexpr char kFish[] = R"(# carillon completion fish > ~/.config/fish/completions/carillon.fish
function __carillon_complete
    set -l words (commandline -opc) (commandline -ct)
    command $words[1] __complete $words[2..-1] 2>/dev/null
end
complete -c carillon -n 'test (count (__carillon_complete)) -gt 0' -f -a '(__carillon_complete)'
)";

/// Where a command line stands before its last word.
struct Place {
  const CLI::App* command = nullptr;
  std::vector<std::string> operands;
  std::map<std::string, std::string> options;  ///< by long name
  const CLI::Option* waiting = nullptr;        ///< for its value
};

const CLI::Option* FindOption(const CLI::App& app, const std::string& word) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->nonpositional() && option->check_name(word)) return option;
  }
  return nullptr;
}

const CLI::App* FindCommand(const CLI::App& app, const std::string& word) {
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == word) return command;
  }
  return nullptr;
}

std::string LongName(const CLI::Option& option) {
  return option.get_lnames().empty() ? "" : option.get_lnames().front();
}

void TakeOption(const std::string& word, Place& place) {
  const size_t equals = word.find('=');
  const CLI::Option* option = FindOption(*place.command, word.substr(0, equals));
  if (option == nullptr || option->get_items_expected_max() == 0) return;
  if (equals == std::string::npos) {
    place.waiting = option;
  } else {
    place.options[LongName(*option)] = word.substr(equals + 1);
  }
}

Place PlaceBefore(const CLI::App& app, const std::vector<std::string>& words) {
  Place place{.command = &app};
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (place.waiting != nullptr) {
      place.options[LongName(*place.waiting)] = word;
      place.waiting = nullptr;
    } else if (word.starts_with('-') && word != "-") {
      TakeOption(word, place);
    } else if (const CLI::App* next = FindCommand(*place.command, word)) {
      place.command = next;
    } else {
      place.operands.push_back(word);
    }
  }
  return place;
}

std::string OneLine(const std::string& text) {
  const std::string line = text.substr(0, text.find('\n'));
  return line.size() <= kMaxHelpBytes ? line
                                      : line.substr(0, line.find_last_of(' ', kMaxHelpBytes));
}

/// The texts between braces in `TEXT:{table,json}`.
std::vector<std::string> ValuesOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t begin = type.find('{');
  const size_t end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return {};
  return absl::StrSplit(type.substr(begin + 1, end - begin - 1), ',');
}

class Completer {
 public:
  Completer(Place place, const CompletionSource& source)
      : place_(std::move(place)), source_(source) {}

  std::vector<Candidate> All(const std::string& typed) {
    if (place_.waiting != nullptr) {
      AddValues(*place_.waiting);
    } else if (typed.starts_with('-')) {
      AddOptions();
    } else {
      AddCommands();
      if (candidates_.empty()) AddOperands();
    }
    return std::move(candidates_);
  }

 private:
  void Add(std::vector<std::string> texts) {
    std::ranges::sort(texts);
    for (std::string& text : texts) candidates_.push_back({std::move(text), ""});
  }

  void AddValues(const CLI::Option& option) {
    const std::string name = LongName(option);
    if (name == "context") return Add(source_.contexts());
    if (const client::Kind* kind = client::FindKind(name)) {
      return Add(source_.names(*kind, "", place_.options));
    }
    for (std::string& value : ValuesOf(option)) candidates_.push_back({std::move(value), ""});
  }

  void AddOptions() {
    for (const CLI::Option* option : place_.command->get_options()) {
      const std::string name = LongName(*option);
      if (option->nonpositional() && !name.empty()) {
        candidates_.push_back({"--" + name, OneLine(option->get_description())});
      }
    }
  }

  void AddCommands() {
    if (!place_.operands.empty()) return;
    for (const CLI::App* command : place_.command->get_subcommands(
             [](const CLI::App* app) { return !app->get_group().empty(); })) {
      candidates_.push_back({command->get_name(), OneLine(command->get_description())});
    }
  }

  /// KIND, NAME, OUTER and TYPE are what operands are called that mean them.
  void AddOperands() {
    const bool any_kind = place_.command->get_option_no_throw("KIND") != nullptr;
    if (any_kind && place_.operands.empty()) {
      for (const client::Kind& kind : client::Kinds()) {
        candidates_.push_back({std::string(kind.plural), ""});
      }
      return;
    }
    const CLI::App* const group = place_.command->get_parent();
    if (group == nullptr) return;
    if (group->get_name() == "context") return Add(source_.contexts());
    const bool named = any_kind || place_.command->get_option_no_throw("NAME") != nullptr ||
                       place_.command->get_option_no_throw("TYPE") != nullptr ||
                       place_.command->get_option_no_throw("OUTER") != nullptr;
    const client::Kind* kind =
        client::FindKind(any_kind ? place_.operands.front() : group->get_name());
    if (named && kind != nullptr) AddNames(*kind);
  }

  void AddNames(const client::Kind& kind) {
    if (!kind.IsNested()) return Add(source_.names(kind, "", place_.options));
    const client::Kind& outer_kind = *client::FindKind("destinations");
    const auto outers = source_.names(outer_kind, "", place_.options);
    if (place_.command->get_option_no_throw("OUTER") != nullptr) return Add(outers);
    for (const std::string& outer : outers) Add(source_.names(kind, outer, place_.options));
  }

  const Place place_;
  const CompletionSource& source_;
  std::vector<Candidate> candidates_;
};

}  // namespace

std::vector<Candidate> Complete(const CLI::App& app, std::vector<std::string> words,
                                const CompletionSource& source) {
  if (words.empty()) words.emplace_back();
  std::string typed = words.back();
  // bash makes words of `--output=js` at the sign.
  if (typed == "=") typed.clear();
  std::erase(words, "=");
  if (words.empty() || words.back() != typed) words.push_back(typed);
  std::vector<Candidate> candidates = Completer(PlaceBefore(app, words), source).All(typed);
  std::erase_if(candidates,
                [&typed](const Candidate& each) { return !each.text.starts_with(typed); });
  return candidates;
}

std::optional<std::string> CompletionScript(std::string_view shell) {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  if (shell == "fish") return kFish;
  return std::nullopt;
}

}  // namespace carillon::cli
