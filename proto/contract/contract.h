#pragma once

#include <cstddef>
#include <string_view>

namespace carillon::v1 {

/// The contract as a google.protobuf.FileDescriptorSet with source_code_info: where its comments
/// are, which the generated descriptors do not have.
std::string_view Contract();

}  // namespace carillon::v1
