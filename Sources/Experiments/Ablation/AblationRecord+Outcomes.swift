import Numerics
import Storage

extension AblationRecord {
  /// What came of it: the parts that a steering has for each α.
  package struct Outcomes: Encodable, Sendable {
    var conditions: OrderedFields<Condition>
    var mcnemar: Flips?
    var conclusion: AblationConclusion
    var countedBy: String
    var agreement: AgreementRecord?
    var judge: JudgeRecord?
    var concept: Concept?
    @IfAny package var prompts: [Prompt]?
    var notices: [String]
    var complete: Bool
    var seconds: Double

    package init(_ result: AblationResult, texts: Bool = false) {
      var names = result.conditions.map { ($0.rawValue, $0) }
      if result.treated != .ablated {
        // Once more under the names that an ablation and the method's author have, so that one reader serves all.
        names.append((AblationCondition.ablated.rawValue, result.treated))
        if result.treated == .swapped, result.conditions.contains(.null) {
          names.append(("random-span", .null))
        }
      }
      conditions = OrderedFields(names.map { ($0, Condition(result, $1)) })
      (mcnemar, conclusion) = (Flips(result), result.conclusion)
      (countedBy, agreement) = (result.countedBy, result.agreement.map(AgreementRecord.init))
      judge = result.judgeReport.map { JudgeRecord($0, mcnemar: result.judgeFlips) }
      concept = result.counting.map { Concept(result, $0) }
      prompts = result.prompts.map { Prompt($0, result.conditions, texts: texts) }
      (notices, complete, seconds) = (result.notices, result.isComplete, result.seconds)
    }
  }

  struct Condition: Encodable {
    var harmful: Counts?
    var benign: Counts?
    var firstTokenKL: Double?
    var firstTokenKLMedian: Double?
    var firstTokenKLMax: Double?
    var perplexity: Double?

    init(_ result: AblationResult, _ condition: AblationCondition) {
      harmful = Counts(result, condition, .harmful)
      benign = Counts(result, condition, .benign)
      let divergences = result.divergences(condition)
      firstTokenKL = result.firstTokenKL(condition)
      firstTokenKLMedian = divergences.isEmpty ? nil : divergences[divergences.count / 2]
      firstTokenKLMax = divergences.last
      perplexity = result.perplexities[condition]
    }
  }

  /// Answers that were read.
  struct Answered: Encodable {
    @Inline var counts: OutcomeCountsRecord
    var degenerateAlarm: Bool

    init(_ found: OutcomeCounts) {
      counts = OutcomeCountsRecord(found)
      degenerateAlarm = found.degenerateShare > AblationResult.maximumDegenerateShare
    }
  }

  /// What is known of refusals where there are no answers.
  struct Refusing: Encodable {
    var n: Int
    var refused: Int?
    var complied: Int?
    var degenerate: Int?
    var unclear: Int?
    var rate: Double?
    var wilson95: ConfidenceInterval?
  }

  struct Counts: Encodable {
    @Inline var answered: Answered?
    @Inline var refusing: Refusing?
    @IfAny var judge: OutcomeCountsRecord??
    @IfAny var meanPredictedRefusal: Double??
    var meanRefusalLogOdds: Double?
    @IfAny var stored: Answered??

    /// `nil` where answers are to be counted and there are none.
    init?(
      _ result: AblationResult, _ condition: AblationCondition, _ role: AblationPrompt.Role
    ) {
      meanRefusalLogOdds = result.meanLogOdds(condition, role)
      if result.setup.depth == .generate {
        guard let counts = result.counts(condition, role) else { return nil }
        answered = Answered(counts)
        if result.judgedBy != nil {
          judge = .some(result.judgeCounts(condition, role).map(OutcomeCountsRecord.init))
        }
        return
      }
      let isPredicted = result.setup.depth == .geometry
      let found = result.refusing(condition, role)
      refusing = Refusing(
        n: result.prompts.count { $0.role == role }, refused: found?.successes,
        complied: found.map { $0.count - $0.successes }, rate: found?.rate,
        wilson95: isPredicted ? nil : found?.wilson())
      if isPredicted {
        meanPredictedRefusal = .some(result.mean(result.predictions(condition, role)))
      }
      if condition == .baseline {
        let outcomes = result.prompts.filter { $0.role == role }.compactMap(\.storedOutcome)
        stored = .some(outcomes.isEmpty ? nil : Answered(OutcomeCounts(outcomes)))
      }
    }
  }

  /// Flips on the prompts that the intervention aims at, against the baseline; and against the control.
  struct Flips: Encodable {
    @Inline var test: McNemar
    var role: AblationPrompt.Role
    var valid: McNemar?
    var againstNull: McNemar?
    var nullAgainstBaseline: McNemar?
    var otherRole: McNemar?

    init?(_ result: AblationResult) {
      let (role, treated) = (result.aimedAt, result.treated)
      guard let test = result.flips(role, from: .baseline, to: treated) else { return nil }
      (self.test, self.role) = (test, role)
      valid = result.flips(role, from: .baseline, to: treated, validOnly: true)
      againstNull = result.flips(role, from: .null, to: treated)
      nullAgainstBaseline = result.flips(role, from: .baseline, to: .null)
      otherRole = result.flips(
        role == .harmful ? .benign : .harmful, from: .baseline, to: treated)
    }
  }

  /// What is counted in answers beside refusals.
  struct Concept: Encodable {
    struct Share: Encodable {
      var n: Int
      var counted: Int
      var rate: Double?
      var wilson95: ConfidenceInterval?
      /// Where a script is counted.
      @IfAny var letterShare: LetterShare?
    }

    struct Flips: Encodable {
      var baseline: McNemar?
      var null: McNemar?
    }

    var countsAs: String
    /// The hook, where it is read off activations.
    var measuredAt: String?
    var probeHash: String?
    var conditions: OrderedFields<OrderedFields<Share?>>
    var mcnemar: OrderedFields<Flips>

    init(_ result: AblationResult, _ concept: AnswerConcept) {
      let roles = AblationPrompt.Role.allCases
      countsAs = concept.words
      measuredAt = concept.isOfActivations ? result.hook : nil
      probeHash = concept.probeHash
      conditions = OrderedFields(
        result.conditions.map { condition in
          (
            condition.rawValue,
            OrderedFields(
              roles.map { role in
                let found = result.counted(condition, role)
                return (
                  role.rawValue,
                  found.map {
                    Share(
                      n: $0.count, counted: $0.successes, rate: $0.rate, wilson95: $0.wilson(),
                      letterShare: result.letterShare(condition, role))
                  }
                )
              })
          )
        })
      mcnemar = OrderedFields(
        roles.map { role in
          (
            role.rawValue,
            Flips(
              baseline: result.countedFlips(role, from: .baseline, to: result.treated),
              null: result.countedFlips(role, from: .null, to: result.treated))
          )
        })
    }
  }

  package struct Prompt: Encodable, Sendable {
    struct First: Encodable {
      var firstToken: Int
      var refusalLogOdds: Double?
      var kl: Double

      init(_ token: FirstToken) {
        (firstToken, refusalLogOdds, kl) = (token.token, token.refusalLogOdds, token.divergence)
      }
    }

    struct Written: Encodable {
      var outcome: Outcome
      var classified: Outcome
      var person: Outcome?
      var judge: JudgeVerdictRecord?
      var counted: Bool?
      /// Where a script is counted.
      @IfAny var letterShare: Double?
      var phrase: String?
      var ending: String
      var origin: Answer.Origin
      var text: String

      init(_ answer: Answer, texts: Bool) {
        (outcome, classified) = (answer.outcome, answer.verdict.outcome)
        (person, judge) = (answer.personal, answer.judged.map(JudgeVerdictRecord.init))
        (counted, phrase) = (answer.isCounted, answer.verdict.phrase)
        letterShare = answer.letterShare
        (ending, origin) = (answer.ending, answer.origin)
        text = texts ? answer.text : AblationResult.opening(answer.text)
      }
    }

    /// As much as is known.
    struct Known: Encodable {
      @Inline var landing: Landing?
      @Inline var first: First?
      @Inline var answer: Written?
    }

    var id: String
    var role: AblationPrompt.Role
    var stored: Outcome?
    @Inline var conditions: OrderedFields<Known>

    init(_ prompt: PromptResult, _ conditions: [AblationCondition], texts: Bool) {
      (id, role, stored) = (prompt.id, prompt.role, prompt.storedOutcome)
      self.conditions = OrderedFields(
        conditions.map { condition in
          (
            condition.rawValue,
            Known(
              landing: prompt.landings[condition],
              first: prompt.firstTokens[condition].map(First.init),
              answer: prompt.answers[condition].map { Written($0, texts: texts) })
          )
        })
    }
  }
}
