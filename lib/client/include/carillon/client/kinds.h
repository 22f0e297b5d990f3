#pragma once

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// The kinds of resources that the API has: one table, from which commands, tables, completion and
// requests are made.
namespace carillon::client {

/// A column of a kind's table.
struct Column {
  std::string_view title;
  std::string_view path;  ///< of the member, as AIP-161 writes it: `origin.kind`
  bool wide = false;      ///< only shown by `--output wide`
};

/// A flag that sets one member.
struct Shortcut {
  std::string_view flag;  ///< without the dashes
  std::string_view path;
  std::string_view help;
  bool is_text = true;  ///< taken as it stands; else read as YAML
};

/// One kind of resources. A value of the table below, which lives as long as the program.
struct Kind {
  std::string_view singular;              ///< `destination`
  std::string_view plural;                ///< `destinations`
  std::vector<std::string_view> aliases;  ///< other words for it on the command line
  std::string_view group = {};            ///< of its commands; empty: `plural`
  const google::protobuf::Descriptor* type;
  const google::protobuf::ServiceDescriptor* service;
  std::vector<Column> columns;  ///< behind NAME
  std::vector<Shortcut> shortcuts;
  /// Written by hand, like a configuration: `apply`, `export` and `status` are about these.
  bool declared = true;
  /// How many `list` shows where nobody says a limit; 0: all.
  uint64_t usual_limit = 0;

  /// The method `Get`, `List`, `Create`, `Update`, `Delete` or another of the kind; null: there is
  /// none.
  const google::protobuf::MethodDescriptor* Method(std::string_view verb) const;
  /// `tenants/{tenant}/destinations/{destination}`.
  std::string Pattern() const;
  /// Whether resources of it stand within others than tenants: keys in destinations.
  bool IsNested() const;
  /// Whether they are in nothing: tenants, event types.
  bool IsTopLevel() const;
  /// Whether there may be some in no tenant: tokens of operators.
  bool IsAlsoOfNoTenant() const;
};

const std::vector<Kind>& Kinds();
/// By singular, plural or alias; null: there is no such kind.
const Kind* FindKind(std::string_view word);
/// By a whole name, `tenants/acme/destinations/orders`; null: of no kind.
const Kind* KindOfName(std::string_view name);
/// The kind of a message of this type; null: of none.
const Kind* KindOfType(const google::protobuf::Descriptor& type);
/// `; did you mean ...`, or the kinds there are.
std::string KnownKinds(std::string_view word);

/// What the name's resource is in: `tenants/acme/destinations/orders` for one of its keys; empty
/// for `tokens/ops`, which is in nothing.
std::string ParentOf(const std::string& name);
/// The whole name of what `word` means in a tenant: the last part alone (`orders`), the last parts
/// from the tenant on (`orders/first` for a key), or the whole name, which stays.
/// INVALID_ARGUMENT says what the name must look like.
absl::StatusOr<std::string> WholeName(const Kind& kind, std::string_view word,
                                      std::string_view tenant);
/// The name without the tenant and the collections: what `WholeName` takes. A name of another kind
/// stays.
std::string ShortName(const Kind& kind, const std::string& name);
/// `tenants/acme`, of a nested kind the whole name of what they are in, empty where they are in
/// nothing. Of a nested kind that is not
/// declared an empty `outer` means all, as do `-` and `orders/-`.
/// INVALID_ARGUMENT: there must be, or must not be, an `outer` resource.
absl::StatusOr<std::string> ParentName(const Kind& kind, std::string_view outer,
                                       std::string_view tenant);

}  // namespace carillon::client
