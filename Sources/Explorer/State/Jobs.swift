/// Work that a person may be waiting for.
package struct Job: Equatable, Sendable {
  package var id: EffectID
  package var title: String
  /// Since the session began.
  package var started: Duration
  /// Its answer is not wanted any more; it ends when it can.
  package var isCancelled = false
}

extension Effect.Work {
  /// What a job is called; `nil` for work too short to be one.
  var jobTitle: String? {
    switch self {
    case .scanLibrary: "looking for dictionaries"
    case .openDictionary(let url): "opening \(url.lastPathComponent)"
    case .search: "searching"
    case .saveLabel(_, let region, _): "saving the label of region \(region)"
    case .exportFile(let path, _, _): "writing \(path)"
    default: nil
    }
  }
}

extension State {
  /// Whether a job's answer can be given up: what is being saved is saved.
  func canCancel(_ job: Job) -> Bool {
    guard !job.isCancelled else { return false }
    return [library.scan, library.opening?.id, regions?.awaited.search].contains(job.id)
  }

  /// Gives up the answer of a job.
  mutating func cancel(_ job: Job) {
    guard canCancel(job) else {
      return say(.note, "\(job.title): this cannot be cancelled")
    }
    if library.scan == job.id {
      library.scan = nil
      if library.entries == nil { library.show([]) }
    }
    if library.opening?.id == job.id { library.opening = nil }
    if regions?.awaited.search == job.id { regions?.awaited.search = nil }
    if let index = jobs.firstIndex(where: { $0.id == job.id }) { jobs[index].isCancelled = true }
    say(.note, "cancelled: \(job.title)")
  }

  /// Lines of the log screen: jobs first, then messages.
  var logLineCount: Int { jobs.count + log.count }
}
