import Engines
import ExemplarPartitioning
import Foundation
import LanguageModel
import Storage
import TestSupport
import Testing

@testable import Experiments

/// Dictionaries built while a model reads, beside those of a store of the same.
struct ModelBuildTests {
  private let folder: TemporaryFolder
  private let transformer: Transformer
  private let tokenizer: Tokenizer
  private static let hook = HookPoint.residualPost(layer: 1)

  init() throws {
    folder = try TemporaryFolder()
    let model = folder.file("model")
    try TinyModel.write(to: model)
    transformer = try Transformer(model.path(percentEncoded: false), threads: 1)
    tokenizer = try TokenizerLoader.fromTokenizerJSON(model.appending(path: "tokenizer.json"))
    let words = ["naïve café", "— ünïcödé,", "and plain", "words of", "seven", "kinds; 42"]
    let lines = (0..<300).map { index in
      (0..<3 + index % 5).map { words[(index * 7 + $0 * 5 + index / 6) % words.count] }
        .joined(separator: " ")
    }
    try Data(lines.joined(separator: "\n").utf8).write(to: folder.file("corpus.txt"))
    let prompts = (0..<50).map { index in
      #"{"id":"p\#(index)","set":"\#(index % 3 == 0 ? "harmful" : "benign")","#
        + #""split":"\#(index % 5 == 0 ? "heldout" : "train")","prompt":"\#(lines[index])"}"#
    }
    try Data(prompts.joined(separator: "\n").utf8).write(to: folder.file("prompts.jsonl"))
  }

  private enum Input: String, CaseIterable { case text, lines, prompts, both }

  private func plan(
    _ input: Input, _ change: (inout CaptureRequest) -> Void = { _ in }
  ) throws -> CapturePlan {
    let text = CaptureInput.text(folder.file("corpus.txt"))
    let prompts = CaptureInput.prompts(folder.file("prompts.jsonl"))
    var request = CaptureRequest(
      inputs: input == .both ? [prompts, text] : [input == .prompts ? prompts : text],
      hooks: [Self.hook], template: ChatTemplate(.chatml), contextLength: 16)
    request.textUnit = input == .lines ? .lines : .stream
    change(&request)
    return try CapturePlan(request, tokenizer: tokenizer, configuration: transformer.configuration)
  }

  private struct Way {
    var positions = Positions.all
    var selection = StoreSelection()
    var options = BuildOptions(mergeClose: true, minimumMembers: 2, seed: 5)
    var calibration = DictionaryBuildRequest.CalibrationChoice.percentile(20, activations: 200)
    var follows = false
    var maxTokens: Int?
    var maxDocuments: Int?
    var keptBytes = ModelStream.keptBytes
  }

  private func request(_ source: ActivationSource, _ way: Way) -> DictionaryBuildRequest {
    var request = DictionaryBuildRequest(
      source: source, calibration: way.calibration, options: way.options)
    request.followsCalibration = way.follows
    (request.maxTokens, request.maxDocuments) = (way.maxTokens, way.maxDocuments)
    return request
  }

  private func straight(
    _ plan: CapturePlan, _ way: Way, engine: (any Engine)? = nil
  ) throws -> DictionaryBuildRequest {
    let stream = try ModelStream(
      plan, engine ?? transformer, positions: way.positions, way.selection,
      keptBytes: way.keptBytes)
    return request(ActivationSource(stream, of: folder.file("corpus.txt")), way)
  }

  private func stored(_ plan: CapturePlan, _ way: Way) throws -> DictionaryBuildRequest {
    let url = folder.file("\(UUID()).epstore")
    let writer = try StoreWriter(
      url, provenance: plan.provenance, hooks: plan.hooks, elementType: .f32)
    _ = try Capture.run(plan, transformer, into: writer)
    return request(
      try ActivationSource(url, positions: way.positions, selection: way.selection), way)
  }

  /// What is written of a result, with what must differ from a store's made the same.
  private func files(_ result: DictionaryBuildResult) throws -> [Data] {
    let url = folder.file("\(UUID()).epdict")
    var provenance = result.provenance
    provenance.source = nil
    provenance.sourceHash = nil
    try DictionaryWriter.write(
      result.dictionary, provenance: provenance, tokenEnds: result.tokenEnds, rows: result.rows,
      to: url)
    return try ["dictionary.sqlite", "directions.safetensors"].map {
      try Data(contentsOf: url.appending(path: $0))
    }
  }

  private func check(
    _ plan: CapturePlan, _ way: Way, kept: [Int]? = nil, _ comment: Comment
  ) throws {
    let expected = try DictionaryBuild.run(try stored(plan, way))
    for kept in kept ?? [way.keptBytes] {
      var way = way
      way.keptBytes = kept
      let found = try DictionaryBuild.run(try straight(plan, way))
      #expect(found.dictionary.count > 3, comment)
      #expect(found.dictionary.identity == expected.dictionary.identity, comment)
      #expect(try files(found) == files(expected), comment)
    }
  }

  @Test func `a dictionary is the same file as through a store, whatever is read and taken`() throws
  {
    for input in Input.allCases {
      try check(plan(input), Way(), kept: [0, 20_000, ModelStream.keptBytes], "\(input)")
    }
    let prompts = try plan(.prompts)
    let few = DictionaryBuildRequest.CalibrationChoice.percentile(30, activations: 200)
    var options = BuildOptions()
    try check(prompts, Way(positions: .content, options: options), "content")
    options.saturationWindow = 1
    try check(plan(.lines), Way(options: options), "saturated")
    try check(prompts, Way(positions: .last, options: BuildOptions(), calibration: few), "last")
    var selection = StoreSelection(sets: ["benign"], split: "train", shuffleSeed: 3)
    selection.documentsPerBatch = 4
    try check(prompts, Way(selection: selection), "shuffled")
    try check(plan(.lines), Way(selection: StoreSelection(shuffleSeed: 9)), "shuffled lines")
  }

  @Test func `budgets and a build that follows its calibration are those of a store`() throws {
    let lines = try plan(.lines)
    for way in [
      Way(maxTokens: 700), Way(maxDocuments: 50), Way(maxTokens: 900, maxDocuments: 44),
      Way(follows: true), Way(follows: true, maxTokens: 600, keptBytes: 0),
      Way(selection: StoreSelection(shuffleSeed: 1), follows: true, maxDocuments: 33),
    ] {
      try check(lines, way, "\(way.maxTokens ?? 0) \(way.maxDocuments ?? 0) \(way.follows)")
    }
    try check(
      plan(.text) { ($0.mostTextTokens, $0.mostTextDocuments) = (1500, 60) },
      Way(maxTokens: 1500), "text limits")
    // A budget is recorded with where it ended.
    let limited = try DictionaryBuild.run(try straight(lines, Way(maxDocuments: 50))).provenance
    #expect(limited.documentLimit == 50 && limited.firstDocument == 0)
  }

  private struct Stop: Error {}

  @Test(arguments: [0, ModelStream.keptBytes])
  func `a build that is stopped at any moment ends as one that is not`(kept: Int) throws {
    let plan = try plan(.lines) { $0.mostTextDocuments = 160 }
    let way = Way(keptBytes: kept)
    let whole = try files(DictionaryBuild.run(try straight(plan, way)))
    let output = folder.file("stopped.epdict")
    func checkpoint(_ request: DictionaryBuildRequest) throws -> BuildCheckpoint {
      try BuildCheckpoint(of: output, settings: request.settings, interval: .zero, overwrite: false)
    }
    var stages: Set<String> = []
    // Stopped at the 1st, 2nd, 2nd, 3rd … call of the progress, each time after having gone on.
    for calls in 1..<400 {
      let request = try straight(plan, way)
      let checkpoint = try checkpoint(request)
      var left = 1 + calls / 2
      do {
        let result = try DictionaryBuild.run(request, checkpoint: checkpoint) { progress in
          left -= 1
          guard left > 0 else {
            stages.insert(progress.stage.rawValue)
            throw Stop()
          }
        }
        #expect(try files(result) == whole)
        #expect(calls > 3 && stages.count == 4, "\(calls) \(stages)")
        checkpoint.remove()
        #expect(!FileManager.default.fileExists(atPath: checkpoint.url.path))
        return
      } catch is Stop {}
    }
    Issue.record("never came to an end")
  }

  @Test func `a checkpoint of another build is refused by what differs, and a damaged one`() throws
  {
    let way = Way()
    let output = folder.file("a.epdict")
    func open(_ plan: CapturePlan, _ way: Way, overwrite: Bool = false) throws -> BuildCheckpoint {
      let stream = try ModelStream(plan, transformer, positions: way.positions, way.selection)
      let request = request(ActivationSource(stream, of: folder.file("corpus.txt")), way)
      return try BuildCheckpoint(
        of: output, settings: stream.settings + request.settings, interval: .zero,
        overwrite: overwrite)
    }
    func message(_ body: () throws -> BuildCheckpoint) -> String {
      do {
        return try body().isResumed ? "resumed" : "new"
      } catch {
        return "\(error)"
      }
    }
    let first = try plan(.lines)
    var left = 40
    let place: URL = try { () throws -> URL in
      let begun = try open(first, way)
      _ = try? DictionaryBuild.run(try straight(first, way), checkpoint: begun) { _ in
        left -= 1
        if left == 0 { throw Stop() }
      }
      // It is another process's until it is let go.
      #expect(message { try open(first, way) }.contains("another process builds this"))
      return begun.url
    }()
    #expect(message { try open(first, way) } == "resumed")
    var other = way
    other.options.seed = 6
    #expect(message { try open(first, other) }.contains("sampleSeed there is 5, here 6"))
    other = way
    other.calibration = .percentile(30, activations: 200)
    #expect(message { try open(first, other) }.contains("percentile there is 20.0, here 30.0"))
    #expect(message { try open(plan(.text), way) }.contains("inputs there is text corpus.txt"))
    #expect(
      message { try open(plan(.lines) { $0.provenance.modelHash = "b" }, way) }
        .contains("modelHash there is none, here b"))
    #expect(
      message { try open(plan(.lines) { $0.hooks = [.residualPost(layer: 2)] }, way) }
        .contains("hook there is blocks.1.hook_resid_post, here blocks.2.hook_resid_post"))
    let threads = Way(
      options: BuildOptions(mergeClose: true, minimumMembers: 2, seed: 5, threads: 2))
    #expect(message { try open(first, threads) } == "resumed")

    let file = place.appending(path: "build.safetensors")
    let bytes = try Data(contentsOf: file)
    // Of the state, and of how far it is.
    let batches = try #require(bytes.firstRange(of: Data(#""batches":""#.utf8)))
    for place in [bytes.count - 5, batches.upperBound] {
      var flipped = bytes
      flipped[place] ^= 1
      try flipped.write(to: file)
      #expect(message { try open(first, way) }.contains("was changed since it was written"))
    }
    try bytes.prefix(bytes.count / 2).write(to: file)
    #expect(message { try open(first, way) }.contains("checkpoint"))
    // One of an earlier version can be begun anew; a file of others under this name stays.
    let format = try #require(bytes.firstRange(of: Data("exemplar.build.2".utf8)))
    for (other, words) in [
      ("another.build.00", "found another file"), ("exemplar.build.1", "found exemplar.build.1"),
    ] {
      try bytes.replacing(bytes[format], with: Data(other.utf8)).write(to: file)
      #expect(message { try open(first, way) }.contains(words))
      if other.hasPrefix("a") {
        #expect(message { try open(first, way, overwrite: true) }.contains(words))
      }
    }
    #expect(message { try open(first, way, overwrite: true) } == "new")
    #expect(message { try open(first, way) } == "new")
  }

  @Test func `how far a build is can be read beside it, and whether it goes on`() throws {
    let plan = try plan(.lines)
    let request = try straight(plan, Way(keptBytes: 0))
    let place = folder.file("a.epdict.checkpoint")
    func status(_ progress: DictionaryBuildProgress) -> BuildStatus {
      BuildStatus(
        progress, of: request.source.recorded.provenance, percentile: 20, spent: 2,
        command: "exemplar build", folder: "/")
    }
    var last: BuildStatus?
    func build(stopping: Bool) throws {
      let checkpoint = try BuildCheckpoint(
        of: folder.file("a.epdict"), settings: request.settings, interval: .seconds(60),
        overwrite: false)
      var (seen, isRight): ([BuildStatus], Bool) = ([], true)
      defer { #expect(isRight) }
      let result = try DictionaryBuild.run(request, checkpoint: checkpoint) { progress in
        // The first is told; those of the same second are not.
        checkpoint.tell(status(progress))
        seen.append(status(progress))
        last = seen.last
        let found = try #require(try BuildStatus.read(place))
        isRight = isRight && found.isRunning && seen.contains(found.status)
        if stopping, progress.stage == .build { throw Stop() }
      }
      #expect(result.activations > 0)
      checkpoint.remove()
    }
    #expect(throws: Stop.self) { try build(stopping: true) }
    let left = try #require(try BuildStatus.read(place))
    #expect(!left.isRunning)
    // Where it ended, and not what was told a second before.
    #expect(left.isKept && left.status == last)
    #expect(left.status.stage == .build && left.status.hook == Self.hook.name)
    try build(stopping: false)
    #expect(!FileManager.default.fileExists(atPath: place.path(percentEncoded: false)))

    // With nothing to go on from there is no checkpoint, and what is no status is damaged.
    do {
      let checkpoint = try BuildCheckpoint(
        of: folder.file("a.epdict"), settings: [], interval: .zero, overwrite: false)
      checkpoint.tell(
        status(DictionaryBuildProgress(stage: .centre, activations: 1, regions: 0)))
      #expect(try BuildStatus.read(place)?.isRunning == true)
    }
    #expect(!FileManager.default.fileExists(atPath: place.path(percentEncoded: false)))
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
    #expect(try BuildStatus.read(place) == nil)
    try Data("no build".utf8).write(to: place.appending(path: "status.json"))
    #expect(try BuildStatus.read(place) == nil)
    try Data().write(to: place.appending(path: "build.safetensors"))
    let figures = #""stage":"building","activations":%,"regions":2,"command":"c","folder":"/""#
    for (content, isFine) in [
      ("{\(figures.replacing("%", with: "5"))}", true), ("", false), ("{}", false),
      ("{\(figures.replacing("%", with: "-5"))}", false),
      ("{\(figures.replacing("%", with: "5")),\"secondsLeft\":1e300}", false),
    ] {
      try Data(content.utf8).write(to: place.appending(path: "status.json"))
      let found = Result { try BuildStatus.read(place) }
      #expect(((try? found.get())?.status.activations == 5) == isFine, "\(content)")
      if !isFine { #expect(throws: StorageError.self) { try found.get() } }
    }
  }

  @Test func `a folder in which others keep something is neither written to nor emptied`() throws {
    let place = folder.file("a.epdict.checkpoint")
    func message(overwrite: Bool) -> String {
      do {
        _ = try BuildCheckpoint(
          of: folder.file("a.epdict"), settings: [], interval: .zero, overwrite: overwrite)
        return "taken"
      } catch {
        return "\(error)"
      }
    }
    for (name, content, words) in [
      ("keep.txt", "mine", "found keep.txt; move it away"),
      ("status.json", #"{"loss":1}"#, "expected how far a build is, found something else"),
    ] {
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
      try Data(content.utf8).write(to: place.appending(path: name))
      for overwrite in [false, true] {
        #expect(message(overwrite: overwrite).contains(words), "\(message(overwrite: overwrite))")
      }
      #expect(try String(contentsOf: place.appending(path: name), encoding: .utf8) == content)
      try FileManager.default.removeItem(at: place)
    }
    #expect(message(overwrite: false) == "taken")
    #expect(!FileManager.default.fileExists(atPath: place.path(percentEncoded: false)))
  }

  @Test func `what a store would refuse is refused before the model reads`() throws {
    func message(_ plan: CapturePlan, _ selection: StoreSelection, kept: Int = 1 << 20) -> String {
      do {
        _ = try ModelStream(plan, transformer, positions: .all, selection, keptBytes: kept)
        return "taken"
      } catch {
        return "\(error)"
      }
    }
    let prompts = try plan(.prompts)
    #expect(
      message(prompts, StoreSelection(sets: ["other"])).contains(
        "has no set other; it has harmful, benign"))
    #expect(
      message(prompts, StoreSelection(split: "dev")).contains(
        "has no document of split dev; it has heldout, train"))
    #expect(try prompts.standardSplit(ofSets: nil) == "train")
    #expect(try plan(.text).standardSplit(ofSets: nil) == "all")
    #expect(
      message(try plan(.text), StoreSelection(shuffleSeed: 1), kept: 1000).contains(
        "shuffling documents needs all of their rows in memory"))
    try FileManager.default.createDirectory(
      at: folder.file("sub"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: folder.file("corpus.txt"), to: folder.file("sub/corpus.txt"))
    let twice = try plan(.text) { $0.inputs.append(.text(folder.file("sub/corpus.txt"))) }
    #expect(message(twice, StoreSelection()).contains("two files of text need two names"))
  }
}
