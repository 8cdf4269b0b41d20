import ArgumentParser
import Experiments
import Foundation
import Storage
import TensorFiles

struct Fetch: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List or download published dictionaries of a hub repository.",
    discussion: """
      Without a NAME it lists what there is. What is fetched goes to the hub cache (HF_HUB_CACHE, HF_HOME), where \
      Python finds it too; a download that was cut off goes on where it ended, and its hash is compared before it takes \
      its place. HF_ENDPOINT names another hub; the token is that of HF_TOKEN or of “hf auth login”, and is sent to \
      the hub alone.

      With --json: a line per dictionary, {name, bytes, path, cached, repository, revision}.

      Example:
      exemplar fetch J-RUM/exemplar-partitioning gemma-2-2b/12/10 --import
      """)

  @Argument(help: "The repository: OWNER/NAME.")
  var repository: String

  @Argument(help: "Dictionaries, as MODEL/LAYER/P.")
  var names: [String] = []

  @Option(help: "The branch, tag or commit of the repository.")
  var revision = "main"

  @Option(help: "What the repository holds.")
  var repoType = RepositoryType.dataset

  @Flag(name: .customLong("import"), help: "Turn what was fetched into a dictionary of ours.")
  var importing = false

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: "Where that goes, for one NAME; NAME.epdict in this folder without it.")
  var output: String?

  @Flag(help: "Replace a dictionary that is there already.")
  var overwrite = false

  @OptionGroup var style: OutputStyle

  enum RepositoryType: String, ExpressibleByArgument, CaseIterable {
    case dataset, model

    var kind: HubPlace.Kind { self == .dataset ? .dataset : .model }
  }

  func validate() throws {
    guard importing || (output == nil && !overwrite) else {
      throw ValidationError("--output and --overwrite are of --import")
    }
    guard !importing || !names.isEmpty else {
      throw ValidationError("--import: expected the NAME of a dictionary")
    }
    guard output == nil || names.count == 1 else {
      throw ValidationError("--output: expected one NAME, found \(names.count)")
    }
  }

  func run() throws {
    Interruption.watch()
    let line = ProgressLine(isQuiet: style.quiet)
    let settings = try HubSettings()
    let client = try HubClient(
      settings, check: Interruption.check, report: { line.show(oneLine($0, atMost: 400)) })
    let listing = try client.repository(
      repository, kind: repoType.kind, revision: revision)
    line.clear()
    let cache = HubCache(
      root: settings.folders.cache, kind: listing.kind, repository: listing.name)
    guard !names.isEmpty else { return try list(listing, cache) }
    // All names are looked up, and all outputs checked, before anything is fetched.
    let wanted = try names.map { try listing.dictionary(named: $0) }
    let outputs = try wanted.map { try importing ? place(for: $0) : nil }
    for (files, output) in zip(wanted, outputs) {
      let whole = [files.metadata, files.pickle].compactMap(\.self)
      let urls = try client.fetch(
        whole, of: listing, room: output == nil ? 0 : files.pickle.bytes
      ) { line.show(text(of: $0, files)) }
      line.clear()
      guard let pickle = urls.last else { continue }
      let file = try output.map { try imported(pickle, to: $0, line) }
      show(files, pickle, file, listing, line)
    }
  }

  private func place(for files: PublishedFiles) throws -> URL {
    let url = URL(filePath: output ?? "\(files.name.folder).epdict")
    guard overwrite || !FileManager.default.fileExists(atPath: url.path(percentEncoded: false))
    else {
      throw StorageError(
        .exists, "exists already", file: url.lastPathComponent, remedy: "\(.overwrite) replaces it")
    }
    return url
  }

  private func imported(_ pickle: URL, to output: URL, _ line: ProgressLine) throws
    -> DictionaryFile
  {
    line.show("reading \(pickle.lastPathComponent)")
    try PickleImport(pickle).write(to: output, overwrite: overwrite) { done, count in
      try Interruption.check()
      line.show("importing: \(done) of \(count) regions")
    }
    line.clear()
    return try DictionaryFile(output)
  }

  // MARK: - Output

  private func list(_ listing: HubRepository, _ cache: HubCache) throws {
    let all = listing.dictionaries
    guard !all.isEmpty else {
      throw HubError("\(listing.name): expected published dictionaries, found none")
    }
    for files in all {
      let isCached = cache.has(files.pickle.hash, bytes: files.pickle.bytes)
      if style.json {
        JSONValue(
          encoding: PublishedRecord(files, of: listing, isCached: isCached, path: files.pickle.path)
        ).print()
        continue
      }
      let name = oneLine(files.name.description)
      let size = DiskSpace.words(files.pickle.bytes)
      print(
        name.padding(toLength: max(name.count, 28), withPad: " ", startingAt: 0)
          + String(repeating: " ", count: max(0, 9 - size.count)) + size
          + (isCached ? "  in the hub cache" : ""))
    }
  }

  private func show(
    _ files: PublishedFiles, _ pickle: URL, _ file: DictionaryFile?, _ listing: HubRepository,
    _ line: ProgressLine
  ) {
    let path = pickle.path(percentEncoded: false)
    if style.json {
      return JSONValue(
        encoding: PublishedRecord(files, of: listing, isCached: true, path: path, file)
      ).print()
    }
    guard let file else {
      print(oneLine(path, atMost: 4000))
      if !style.quiet {
        StandardError.print("exemplar “\(oneLine(path, atMost: 4000))” opens it")
      }
      return
    }
    BuiltDictionaryRecord(file, seconds: line.seconds).print(style)
  }

  private func text(of progress: HubProgress, _ files: PublishedFiles) -> String {
    let done = "\(DiskSpace.words(progress.done)) of \(DiskSpace.words(progress.total))"
    guard let rate = progress.bytesPerSecond, let left = progress.secondsLeft else {
      return "fetching \(oneLine(files.name.description)): \(done)"
    }
    return
      "fetching \(oneLine(files.name.description)): \(done), \(DiskSpace.words(Int(rate)))/s, \(Self.words(seconds: left)) left"
  }

  private static func words(seconds: Double) -> String {
    let seconds = Int(seconds.rounded(.up))
    switch seconds {
    case ..<100: return "\(seconds) s"
    case ..<6000: return "\((seconds + 30) / 60) min"
    default: return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
    }
  }
}
