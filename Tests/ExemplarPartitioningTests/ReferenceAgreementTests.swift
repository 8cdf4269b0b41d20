import ExemplarPartitioning
import Numerics
import Testing

@Suite("Agreement with the reference implementation")
struct ReferenceAgreementTests {
  @Test("calibration gives its centre and θ", arguments: ReferenceCase.all)
  func calibration(name: String) throws {
    let reference = try ReferenceCase.load(name)
    let calibration = reference.calibrated
    #expect(agree(calibration.threshold, number(reference.calibration["threshold"])))
    #expect(abs(calibration.threshold - number(reference.calibration["threshold"])) < 1e-8)
    #expect(calibration.activationCount == Int(number(reference.calibration["n_activations"])))
    #expect(agree(calibration.centre, try reference.tensors.floats("center")))
  }

  @Test(
    "a build founds its regions and assigns every activation as it does",
    arguments: ReferenceCase.all)
  func build(name: String) throws {
    let reference = try ReferenceCase.load(name)
    let (dictionary, outcomes) = (reference.dictionary, reference.outcomes)

    let ids = outcomes.flatMap(\.ids).map(Int64.init)
    #expect(ids == (try reference.tensors.int64s("build_assignments")))
    #expect(
      agree(outcomes.flatMap(\.distances), try reference.tensors.floats("build_distances")))
    #expect(dictionary.count == Int(number(reference.json["n_regions"])))
    #expect(agree(dictionary.exemplars.values, try reference.tensors.floats("exemplar_directions")))
    let means = (0..<dictionary.count).flatMap(dictionary.mean)
    #expect(agree(means, try reference.tensors.floats("mean_directions")))

    for (id, expected) in reference.regions.enumerated() {
      let region = dictionary.regions[id]
      #expect(region.memberCount == Int(number(expected["member_count"])), "region \(id)")
      #expect(agree(region.coherence, number(expected["coherence"])), "region \(id)")
      #expect(agree(region.sumDistance, number(expected["sum_dist"])), "region \(id)")
      #expect(agree(region.sumSquaredDistance, number(expected["sum_sq_dist"])), "region \(id)")
      #expect(region.batches == (expected["source_iterations"] as? [Int]), "region \(id)")
      #expect(region.members == (expected["members"] as? [Int]), "region \(id)")
      expectContexts(region.closest, expected["closest"], dictionary, "closest of \(id)")
      expectContexts(region.farthest, expected["farthest"], dictionary, "farthest of \(id)")
    }
    #expect(dictionary.growth.count == reference.growth.count)
    for (point, expected) in zip(dictionary.growth, reference.growth) {
      #expect(point.activations == Int(number(expected[0])))
      #expect(point.documents == Int(number(expected[1])))
      #expect(point.regions == Int(number(expected[2])))
      #expect(agree(point.newRegionRate, number(expected[3])))
    }
  }

  private func expectContexts(
    _ contexts: [Context], _ expected: Any?, _ dictionary: ExemplarDictionary, _ what: String
  ) {
    let expected = expected as? [[Any]] ?? []
    #expect(contexts.count == expected.count, "\(what)")
    for (context, expected) in zip(contexts, expected) {
      #expect(agree(context.distance, number(expected[0])), "\(what)")
      #expect(
        context.document.map { dictionary.documents[$0] } == expected[1] as? String, "\(what)")
      #expect(context.position == Int(number(expected[2])), "\(what)")
    }
  }

  @Test("read-only assignment finds its nearest regions", arguments: ReferenceCase.all)
  func assignment(name: String) throws {
    let reference = try ReferenceCase.load(name)
    let dictionary = reference.dictionary
    var assigner = RegionAssigner(dictionary, threads: 2)
    var ids: [Int64] = []
    var distances: [Float] = []
    for batch in reference.batches {
      let assigned = assigner.assign(batch)
      ids += assigned.ids.map(Int64.init)
      distances += assigned.distances
    }
    #expect(ids == (try reference.tensors.int64s("assign_ids")))
    #expect(agree(distances, try reference.tensors.floats("assign_distances")))
  }

  @Test("every evaluation metric is its", arguments: ReferenceCase.all)
  func metrics(name: String) throws {
    let reference = try ReferenceCase.load(name)
    let dictionary = reference.dictionary
    let entries = dictionary.metrics(threads: 2).entries
    #expect(Set(entries.map(\.key)) == Set(reference.metrics.keys))
    for entry in entries {
      let value = try #require(entry.value)
      #expect(agree(value, number(reference.metrics[entry.key])), "\(entry.key)")
    }
  }
}
