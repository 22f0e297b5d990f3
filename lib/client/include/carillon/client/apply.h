#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/client/kinds.h"
#include "carillon/client/resources.h"

// Applying documents: what has to be created, changed and deleted so that the server holds what
// they say.
namespace carillon::client {

enum class Action { kCreate, kUpdate, kDelete, kUnchanged };

/// What differs in one member, each side as YAML; empty: it is not there.
struct Difference {
  std::string before;
  std::string after;
};

/// What is done with one resource.
struct Step {
  const Kind* kind = nullptr;
  std::string name;
  Action action = Action::kUnchanged;
  Answer resource;                      ///< of a creation or an update
  std::vector<std::string> mask;        ///< of an update
  std::string etag;                     ///< that it has now
  std::vector<Difference> differences;  ///< for people; without secrets
  /// False: the server was not asked whether it takes it, as it names what is yet to be created.
  bool checked = true;
};

struct ApplyOptions {
  /// Each resource gets it as a label, and with `prune` those that have it and stand in no document
  /// are deleted. Empty: no label.
  std::string apply_set;
  bool prune = false;
  std::string tenant;  ///< in which pruning looks besides those of the documents
};

/// The label of an apply set.
inline constexpr std::string_view kApplySetLabel = "carillon/apply-set";

/// Makes plans and carries them out. Used by one thread.
class Applier {
 public:
  /// `resources` outlives it.
  Applier(Resources& resources, ApplyOptions options)
      : resources_(resources), options_(std::move(options)) {}

  /// Compares the documents with the server and lets the server check what would change; changes
  /// nothing. In the order in which the steps have to be taken. A document that says nothing of a
  /// destination's keys leaves them; else they come to be those of the document. Errors begin with
  /// the name of the resource.
  absl::StatusOr<std::vector<Step>> Plan(std::vector<Answer> documents);
  /// Takes one step of a plan. Returns what the server answered; null: nothing was to be done.
  /// Refused with ABORTED if somebody changed the resource since.
  absl::StatusOr<Answer> Take(const Step& step);

 private:
  absl::StatusOr<Step> PlanOne(const Kind& kind, Answer document, bool names_what_is_new);
  absl::Status PlanUpdate(const google::protobuf::Message& stored,
                          const google::protobuf::Message& document, Step& step);
  absl::Status CheckCreation(Step& step);
  absl::Status PlanKeys(const google::protobuf::Message& stored,
                        const google::protobuf::Message& document, std::vector<Step>& steps);
  absl::Status PlanPruning(const std::vector<Step>& applied, std::vector<Step>& steps);
  absl::StatusOr<Answer> Create(const Step& step, bool validate_only);
  absl::StatusOr<Answer> Update(const Step& step, bool validate_only);

  Resources& resources_;
  const ApplyOptions options_;
};

/// The lines of a difference, each with `- ` or `+ ` in front.
std::string FormatDifferences(const std::vector<Difference>& differences, bool color);

}  // namespace carillon::client
