#pragma once

#include "carillon/resource/path.h"
#include "carillon/sealing/master_key.h"
#include "carillon/v1/config.pb.h"

namespace carillon::resource {

/// Reads the master keys from where they are; no error repeats one.
sealing::MasterKeys ReadMasterKeys(const v1::SecretSettings& given, const Path& path,
                                   Errors& errors);

}  // namespace carillon::resource
