import ExemplarPartitioning
import Experiments
import Foundation
import LanguageModel
import Storage
import TensorFiles

/// Coverage beside the assignment that it is made of, a probe beside scikit-learn's, and tracing while someone types.
enum ClaimsBenchmark {
  static func run(_ settings: Settings) throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "exemplar-benchmark-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try coverage(settings, folder)
    try probe(settings, folder)
    try trace(settings)
  }

  // MARK: - Coverage

  private static let dimension = 576
  private static let regionCount = 20_000
  private static let batches = 50

  private static func coverage(_ settings: Settings, _ folder: URL) throws {
    var workload = Workload(dimension: dimension, count: regionCount)
    let url = folder.appending(path: "large.epdict")
    let dictionary = ExemplarDictionary(
      centre: [Float](repeating: 0, count: dimension), threshold: Workload.Kind.uniform.threshold,
      exemplars: workload.exemplars, means: workload.exemplars,
      regions: (0..<regionCount).map { _ in
        Region(memberCount: 1, coherence: 1, sumDistance: 0, sumSquaredDistance: 0, batches: [0])
      }, documents: [])
    try DictionaryWriter.write(dictionary, provenance: DictionaryProvenance(), to: url)
    let file = try DictionaryFile(url)
    let stream = (0..<batches).map { _ in
      workload.batch(workload.nextBatch(), count: Workload.rows)
    }
    let inputs = [stream.prefix(batches / 2), stream.suffix(batches / 2)].enumerated().map {
      index, part in
      Coverage.Input(name: "\(index)", file: "\(index)") { body in
        for batch in part where try !body(batch) { return }
      }
    }
    var options = Coverage.Options()
    options.threads = settings.threads
    var assigned: [Double] = []
    var alone: [Double] = []
    var beside: [Double] = []
    for _ in 0..<2 {
      assigned.append(
        try seconds {
          var assigner = RegionAssigner(
            centre: try file.centre(), exemplars: try file.exemplarRows(),
            threads: settings.threads)
          for batch in stream { _ = assigner.assign(batch) }
        }.1)
      options.baselineRows = 0
      alone.append(try seconds { _ = try Coverage.run(file, inputs, options) }.1)
      options.baselineRows = Coverage.Options().baselineRows
      beside.append(try seconds { _ = try Coverage.run(file, inputs, options) }.1)
    }
    let (base, own, both) = (least(assigned), least(alone), least(beside))
    print(
      "\(batches * Workload.rows) activations × \(regionCount) regions × \(dimension), two sources")
    print("assign            " + column(base, 7) + " s")
    print("coverage          " + column(own, 7) + " s" + column(own / base, 7) + " of assign")
    print("… with baselines  " + column(both, 7) + " s" + column(both / base, 7) + " of assign")
  }

  private static func least(_ times: [Double]) -> Double { times.min() ?? .nan }

  // MARK: - Probes

  private static func probe(_ settings: Settings, _ folder: URL) throws {
    let (rows, width, classCount) = (20_000, dimension, 4)
    var random = BenchmarkRandom(seed: 3)
    let directions = (0..<classCount * width).map { _ in random.gaussian() }
    var values: [Float] = []
    var classes: [Int] = []
    for _ in 0..<rows {
      let kind = Int(random.next() % UInt64(classCount))
      classes.append(kind)
      for i in 0..<width { values.append(random.gaussian() + 0.08 * directions[kind * width + i]) }
    }
    let (x, y) = (folder.appending(path: "x.npy"), folder.appending(path: "y.npy"))
    try NumPyWriter.write(NumPyOutput(values, shape: [rows, width]), to: x)
    try NumPyWriter.write(NumPyOutput(classes.map(Int64.init), shape: [rows]), to: y)
    let doubles = values.map(Double.init)
    let scale = FeatureScale(doubles, count: rows, width: width)
    let features = ProbeFeatures.dense(scale.applied(to: doubles), count: rows, width: width)
    print("\na logistic probe of \(rows) rows × \(width), \(classCount) classes, gradient to 1e-6")
    var times: [Double] = []
    var found: LogisticProbe?
    for _ in 0..<3 {
      let (probe, time) = seconds {
        LogisticProbe(
          features, classes: classes, classCount: classCount,
          minimiser: Minimiser(tolerance: 1e-6), threads: settings.threads)
      }
      found = probe
      times.append(time)
    }
    guard let found else { return }
    print("ours          " + column(least(times), 7) + " s")
    let peer = try NumpyPeer("probe_peer.py", threads: settings.threads)
    guard
      let answer = try? peer.ask(
        "\(x.path(percentEncoded: false)) \(y.path(percentEncoded: false))"
      ).split(separator: " ").compactMap({ Double($0) }), answer.count == 2
    else {
      print("not beside scikit-learn: EXEMPLAR_PEER_PYTHON names a Python that has it")
      return
    }
    let largest = found.weights.map(abs).max() ?? 0
    print(
      "scikit-learn  " + column(answer[0], 7) + " s" + column(answer[0] / least(times), 7)
        + " of ours; largest weight \(column(answer[1], 6, digits: 5)), ours \(column(largest, 6, digits: 5))"
    )
  }

  // MARK: - Trace

  private static let typed =
    "The train to the coast leaves every morning at half past seven, and whoever misses it waits for an hour in the "
    + "small room beside the ticket window, where nobody has ever been seen to sell a ticket."

  private static func trace(_ settings: Settings) throws {
    guard let folder = ProcessInfo.processInfo.environment["EXEMPLAR_MODELS"], !folder.isEmpty
    else {
      print("\ntrace skipped: EXEMPLAR_MODELS names no folder with models")
      return
    }
    let model = URL(filePath: folder).appending(path: "SmolLM2-135M-Instruct.Q4_1.gguf")
    let tokenizer = try TokenizerLoader.fromGGUF(metadata: try GGUFFile(model))
    let transformer = try Transformer(
      model.path(percentEncoded: false), threads: settings.threads)
    let samples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "sample-dicts")
    let dictionary = try DictionaryFile(
      samples.appending(path: "smollm2-instruct.all.p10.epdict"))
    print("\ntrace on SmolLM2, \(typed.count) characters")
    for count in [1, 3] {
      let tracer = try TextTracer(
        [DictionaryFile](repeating: dictionary, count: count), transformer, tokenizer)
      _ = try tracer.trace("warm")
      let (tokens, whole) = try seconds { try tracer.trace(typed).count }
      _ = try tracer.trace("")
      var keys: [Double] = []
      for end in typed.indices {
        keys.append(try seconds { _ = try tracer.trace(String(typed[...end])) }.1)
      }
      let total = keys.reduce(0, +)
      print(
        "\(count) dictionar\(count == 1 ? "y  " : "ies"): pasted "
          + column(Double(tokens) / whole, 6, digits: 0) + " tokens/s; typed "
          + column(Double(keys.count) / total, 6, digits: 0) + " characters/s, a key "
          + ExplorerBenchmark.milliseconds(keys) + " ms (median, p99, max)")
    }
  }
}
