#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <vector>

#include "carillon/aip/error.h"

// How the contract wants fields to be treated: options of the descriptors (AIP-203).
namespace carillon::aip {

bool IsRequired(const google::protobuf::FieldDescriptor& field);
bool IsOutputOnly(const google::protobuf::FieldDescriptor& field);
bool IsImmutable(const google::protobuf::FieldDescriptor& field);
bool IsIdentifier(const google::protobuf::FieldDescriptor& field);
/// Replaced as a whole: it has the rule `atomic`, or is a message of google.protobuf or a Secret.
bool IsAtomic(const google::protobuf::FieldDescriptor& field);
/// It holds a carillon.v1.Secret, or several.
bool IsSecret(const google::protobuf::FieldDescriptor& field);

/// Clears what callers may not set, at any depth: it is ignored in what they send.
void ClearOutputOnly(google::protobuf::Message& message);

/// A REQUIRED violation for each required field of `request` that is unset or empty; not of
/// messages within.
std::vector<FieldViolation> MissingFields(const google::protobuf::Message& request);

}  // namespace carillon::aip
