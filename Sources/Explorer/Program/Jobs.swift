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
    case .scanLibrary: "looking for dictionaries"
    case .openDictionary(let url): "opening \(url.lastPathComponent)"
    case .search: "searching"
    case .saveLabel(_, let region, _): "saving the label of region \(region)"
    case .exportFile(let path, _, _): "writing \(path)"
    case .compare(let a, let b): "comparing \(a.lastPathComponent) with \(b.lastPathComponent)"
    case .follow(let urls): "following regions through \(urls.count) dictionaries"
    case .matchNulls: "matching chance and another order"
    case .exportComparison: "writing the comparison"
    case .readLens: "reading the lens"
    case .searchExample: "finding the regions of your sentence"
    case .readOutcomes: "counting outcomes"
    case .readNearest: "counting nearest activations"
    case .readTemplate: "finding the template's own tokens"
    case .readMap: "laying out the map"
    case .readMetrics: "computing the metrics"
    case .ofScreen(let work): work.work.jobTitle
    case .lab(.open): "opening the store of the lab"
    case .lab(.run(_, let setup)): "ablation by \(setup.depth.rawValue)"
    case .lab(.series): "a series of ablations"
    default: nil
    }
  }
}

extension Effect.Work {
  /// Whether it ends when it is told to, rather than only being forgotten.
  var canStop: Bool {
    switch self {
    case .lab(.open), .lab(.run), .lab(.series), .matchNulls: true
    default: false
    }
  }
}

extension Reply {
  /// What an effect tells before its last answer, in words; `nil` for a last answer.
  var progress: String? {
    switch self {
    case .comparing(let progress):
      "\(progress.stage.rawValue) \(Figures.percent(Double(progress.done) / Double(max(1, progress.total))))"
    case .lab(.stage(let stage)): stage
    case .lab(.events): ""
    case .lab(.point(_, _, let done, let total)): "\(done) of \(total)"
    default: nil
    }
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
    return job.canStop
      || [library.scan, opening?.id, regions?.awaited.search, comparing?.id].contains(
        job.id)
  }

  /// Gives up the answer of a job.
  mutating func cancel(_ job: Job) -> [Effect] {
    guard canCancel(job) else {
      say(.note, "\(job.title): this cannot be cancelled")
      return []
    }
    if library.scan == job.id { library.stopScanning() }
    if opening?.id == job.id { opening = nil }
    if regions?.awaited.search == job.id { regions?.awaited.search = nil }
    if let index = jobs.firstIndex(where: { $0.id == job.id }) { jobs[index].isCancelled = true }
    if comparing?.id == job.id { return stopComparing() }
    say(.note, "cancelled: \(job.title)")
    return job.canStop ? [ask(.cancel(job.id))] : []
  }

  /// Lines of the log screen: jobs first, then messages.
  var logLineCount: Int { jobs.count + log.count }
}
