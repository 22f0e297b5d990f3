#pragma once

#include <optional>
#include <string>
#include <vector>

#include "carillon/control/change.h"
#include "carillon/control/repository.h"
#include "carillon/control/view.h"
#include "carillon/store/config_store.h"
#include "remembered.h"

namespace carillon::control {

/// A change as the store is to write it, in one transaction. A value.
struct PreparedWrite {
  std::vector<store::ConfigChange> changes;
  std::vector<store::ConfigChange> undo;  ///< what takes it back
  std::optional<Remembered::Call> remembered;
  std::vector<std::string> forgotten;  ///< keys of answers that go with it
};

/// What `call` has decided, by what there is: its edits, their entries in the audit log, and, if
/// `answer_key` is not empty, its answer under that key. Some answers that are too old go with it.
PreparedWrite PrepareWrite(const RepositoryOptions& options, const Remembered& remembered,
                           const View& view, const ChangeCall& call, const ChangeSet& set,
                           const std::string& answer_key);

}  // namespace carillon::control
