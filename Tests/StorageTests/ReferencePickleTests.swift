import ExemplarPartitioning
import Foundation
import Storage
import TensorFiles
import TestSupport
import Testing

@Suite struct ReferencePickleTests {
  /// What the reference implementation says of its own dictionary.
  struct Expected: Decodable {
    struct Partition: Decodable {
      var memberCount: Int
      var coherence: Double
      var sumDist: Double
      var sumSqDist: Double
      var sourceIterations: [Int]
      var members: [Int]
      var label: String?
      var closest: [Entry]
      var farthest: [Entry]
    }

    struct Entry: Decodable, Equatable {
      var distance: Double
      var text: String
      var position: Int

      init(distance: Double, text: String, position: Int) {
        (self.distance, self.text, self.position) = (distance, text, position)
      }

      init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        distance = try container.decode(Double.self)
        text = try container.decode(String.self)
        position = try container.decode(Int.self)
      }
    }

    struct Calibration: Decodable {
      var threshold: Double
      var centerNorm: Double
    }

    var calibration: Calibration
    var nRegions: Int
    var regions: [Partition]
  }

  @Test(arguments: ["p10/dictionary", "p10/dictionary-legacy", "p10-merge-min2/dictionary"])
  func `a reference pickle is read to the last context`(_ name: String) throws {
    let folder = name.prefix { $0 != "/" }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let expected = try decoder.decode(
      Expected.self, from: Data(contentsOf: Fixtures.url("ep/\(folder)/expected.json")))
    let tensors = try SafetensorsFile(Fixtures.url("ep/\(folder)/expected.safetensors"))
    let dictionary = try ReferencePickle.read(Fixtures.url("ep/\(name).pkl"))

    #expect(dictionary.count == expected.nRegions)
    #expect(dictionary.threshold == expected.calibration.threshold)
    #expect(dictionary.centre == (try tensors.floats("center")))
    #expect(dictionary.exemplars.values == (try tensors.floats("exemplar_directions")))
    let means = (0..<dictionary.count).flatMap(dictionary.mean)
    #expect(means == (try tensors.floats("mean_directions")))
    for (region, partition) in zip(dictionary.regions, expected.regions) {
      #expect(region.memberCount == partition.memberCount)
      #expect(region.coherence == partition.coherence)
      #expect(region.sumDistance == partition.sumDist)
      #expect(region.sumSquaredDistance == partition.sumSqDist)
      #expect(region.batches == partition.sourceIterations)
      #expect(region.members == partition.members)
      #expect(region.label == partition.label)
      #expect(entries(region.closest, dictionary) == partition.closest)
      #expect(entries(region.farthest, dictionary) == partition.farthest)
    }
    #expect(dictionary.reservoir.regions.count { $0 == 0 } == 30)
    #expect(Set(dictionary.documents).count == dictionary.documents.count)
  }

  private func entries(
    _ contexts: [Context], _ dictionary: ExemplarDictionary
  ) -> [Expected.Entry] {
    contexts.map {
      .init(
        distance: $0.distance, text: $0.document.map { dictionary.documents[$0] } ?? "",
        position: $0.position)
    }
  }

  @Test func `a pickle opens by way of the cache, once`() throws {
    let cache = try TemporaryFolder()
    let pickle = Fixtures.url("ep/p10/dictionary.pkl")
    let first = try DictionaryLocation.open(pickle, cache: cache.url)
    let second = try DictionaryLocation.open(pickle, cache: cache.url)
    #expect(first.url == second.url)
    #expect(first.identity == second.identity)
    #expect(try first.load() == ReferencePickle.read(pickle))
    #expect(first.provenance.source == "dictionary.pkl")
    let folder = first.url.deletingLastPathComponent().path()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
  }

  @Test func `both names of the classes give one identity`() throws {
    let current = try ReferencePickle.read(Fixtures.url("ep/p10/dictionary.pkl"))
    let legacy = try ReferencePickle.read(Fixtures.url("ep/p10/dictionary-legacy.pkl"))
    #expect(current.identity == legacy.identity)
  }

  @Test func `a damaged copy in the cache is made again`() throws {
    let cache = try TemporaryFolder()
    let pickle = Fixtures.url("ep/match/b.pkl")
    let first = try DictionaryLocation.open(pickle, cache: cache.url)
    try Data().write(to: first.url.appending(path: "directions.safetensors"))
    let second = try DictionaryLocation.open(pickle, cache: cache.url)
    #expect(try second.load().count == 20)
  }
}
