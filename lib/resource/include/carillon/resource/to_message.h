#pragma once

#include <google/protobuf/message.h>

#include "carillon/model/destination.h"
#include "carillon/model/subscription.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::resource {

// The way back from values to messages: what is validated again becomes the same value. Defaults
// are written out; secrets stand in the message itself, wherever they came from.

v1::Destination ToMessage(const model::Destination& from);
v1::Subscription ToMessage(const model::Subscription& from);

/// Blanks all secrets in a message of carillon.v1, at any depth: keys, passwords, tokens, values of
/// headers. Where they are read from (files, variables) stays.
void Redact(google::protobuf::Message& message);

/// Whether a member holds a secret. For tests: each text member is one or is known not to be.
bool HoldsSecret(const google::protobuf::FieldDescriptor& field);

}  // namespace carillon::resource
