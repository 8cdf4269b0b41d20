/// Work that a person may be waiting for.
package struct Job: Equatable, Sendable {
  package var id: EffectID
  package var title: String
  /// Since the session began.
  package var started: Duration
  /// Its answer is not wanted any more; it ends when it can.
  package var isCancelled = false
  /// How far it has come, in words.
  package var progress = ""
  /// Whether it ends when it is told to.
  package var canStop = false
}

extension Effect.Work {
  /// What a job is called; `nil` for work too short to be one.
  var jobTitle: String? {
    switch self {
    case .openDictionary(let url): "opening \(url.lastPathComponent)"
    case .search: "searching"
    case .saveLabel(_, let region, _): "saving the label of region \(region)"
    case .exportFile(let path, _, _): "writing \(path)"
    case .ofScreen(let work): work.work.jobTitle
    default: nil
    }
  }
}

extension Effect.Work {
  /// Whether it ends when it is told to, rather than only being forgotten.
  var canStop: Bool {
    if case .ofScreen(let work) = self { work.work.canStop } else { false }
  }
}

extension Reply {
  /// What an effect tells before its last answer, in words; `nil` for a last answer.
  var progress: String? {
    if case .ofScreen(let reply) = self { reply.progress } else { nil }
  }
}

extension Session {
  /// Takes a job off the list, or notes how far it has come.
  mutating func follow(_ reply: Reply, ofJob id: EffectID) {
    guard let progress = reply.progress else { return jobs.removeAll { $0.id == id } }
    guard !progress.isEmpty, let index = jobs.firstIndex(where: { $0.id == id }) else { return }
    jobs[index].progress = progress
  }

  /// Whether a job's answer can be given up: what is being saved is saved.
  func canCancel(_ job: Job) -> Bool {
    guard !job.isCancelled else { return false }
    return job.canStop || opening?.id == job.id || arrival?.id == job.id
      || openScreens.values.contains { $0.screen.cancellable == job.id }
  }

  /// Gives up the answer of a job.
  mutating func cancel(_ job: Job) -> [Effect] {
    guard canCancel(job) else {
      say(.note, "\(job.title): this cannot be cancelled")
      return []
    }
    if opening?.id == job.id { opening = nil }
    actOnAll { screen, _ in
      if screen.cancellable == job.id { screen.cancelAwaited() }
      return []
    }
    if let index = jobs.firstIndex(where: { $0.id == job.id }) { jobs[index].isCancelled = true }
    if arrival?.id == job.id { return stopArrival() }
    say(.note, "cancelled: \(job.title)")
    return job.canStop ? [ask(.cancel(job.id))] : []
  }

  /// Lines of the log screen: jobs first, then messages.
  var logLineCount: Int { jobs.count + log.count }
}
