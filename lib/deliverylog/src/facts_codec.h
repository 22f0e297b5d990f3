#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "carillon/model/attempt_facts.h"

// Facts of attempts as bytes: fields, each a number of one byte and a text. A reader passes over
// fields that it does not know, and over what follows in one that has grown. All functions are
// pure.
namespace carillon::deliverylog {

/// Bytes that they take at most.
size_t FactsBytes(const model::AttemptFacts& facts);
/// Puts nothing where there are none.
void PutFacts(std::string& out, const model::AttemptFacts& facts);
/// Nullopt: these are not whole fields.
std::optional<model::AttemptFacts> ReadFacts(std::string_view bytes);

}  // namespace carillon::deliverylog
