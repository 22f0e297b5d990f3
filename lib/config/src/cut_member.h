#pragma once

#include <string_view>

#include "carillon/resource/path.h"
#include "located_yaml.h"
#include "text_edits.h"

namespace carillon::config {

/// A mapping of a text that is being changed; all outlive it.
struct EditedMap {
  std::string_view text;
  const LocatedNode& map;
  const resource::Path& path;
  TextEdits& edits;
  resource::Errors& errors;
};

/// Takes a member out whose name and value stand in one line. In braces it is not the first, or
/// another follows.
void CutFromFlow(const EditedMap& in, const LocatedNode::Member& member);

/// Takes out the line in which a member stands, which has it to itself.
void CutLine(const EditedMap& in, const LocatedNode::Member& member);

/// Takes a member out wherever it stands; a comment at the end of its line stays.
void CutMember(const EditedMap& in, const LocatedNode::Member& member);

/// Puts the tenant that a member holds into the `name` beside it, as a resource of `collection`,
/// and takes the member out. That of `default` is left out of the name.
void JoinTenantToName(const EditedMap& in, const LocatedNode::Member& tenant,
                      std::string_view collection);

}  // namespace carillon::config
