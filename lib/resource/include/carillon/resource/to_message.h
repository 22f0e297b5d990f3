#pragma once

#include <google/protobuf/message.h>

#include <string_view>

#include "carillon/model/destination.h"
#include "carillon/model/subscription.h"
#include "carillon/model/tenant.h"
#include "carillon/v1/destination.pb.h"
#include "carillon/v1/tenant.pb.h"

namespace carillon::resource {

// The way back from values to messages: what is validated again becomes the same value. Defaults
// are written out; secrets stand in the message itself, wherever they came from.

v1::Destination ToMessage(const model::Destination& from);
v1::Subscription ToMessage(const model::Subscription& from);
v1::Tenant ToMessage(const model::Tenant& from);

/// Blanks all secrets in a message of carillon.v1, at any depth: what the option `rule.secret`
/// marks, and where it would be read from. Of a v1::Secret stays that it is set, and of one of at
/// least 32 bytes the last four. The value of a header whose name TellsSecret is hidden as a
/// secret, too.
void Redact(google::protobuf::Message& message);

/// Whether a member holds a secret: the option `rule.secret`.
bool HoldsSecret(const google::protobuf::FieldDescriptor& field);

/// Whether the value of a header of this name is a secret: `authorization`, `cookie`, and whatever
/// has `api-key`, `token`, `secret` or `password` in it, in any case.
bool TellsSecret(std::string_view header);

}  // namespace carillon::resource
