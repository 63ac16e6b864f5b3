import RAGGateway
import SentenceEmbedding
import Testing

@Suite struct ExtractiveGeneratorTests {
  private static func chunk(_ id: String, _ text: String, score: Float = 0.6) -> RetrievedChunk {
    RetrievedChunk(chunkID: id, title: "Title \(id)", text: text, score: score)
  }

  private static func answer(_ question: String, _ chunks: [RetrievedChunk]) async throws -> Answer
  {
    let embedder = HashingEmbedder(dimension: 512)
    return try await ExtractiveGenerator(embedder: embedder).answer(
      AnswerRequest(
        question: question, questionVector: embedder.vector(of: question), chunks: chunks))
  }

  @Test func quotesTheBestSentenceWithItsCode() async throws {
    let answer = try await Self.answer(
      "purge configuration files of removed packages",
      [
        Self.chunk("a", "The weather is fine in this part of town."),
        Self.chunk(
          "b",
          """
          # Purging

          Short one. You purge configuration files of removed packages like this:

              apt purge '~c'

          Kernels are something else altogether, of course.
          """),
      ])
    #expect(
      answer.summary
        == "“You purge configuration files of removed packages like this:\n"
        + "    apt purge '~c'” [2]")
    #expect(answer.citations.map(\.chunkID) == ["b"])
    #expect(answer.citations.first?.number == 2)
    #expect(answer.title == "Title b")
    #expect(answer.isDegraded == false)
    #expect(answer.generator.provider == "extractive")
  }

  @Test func storedTokensSpareTheModel() async throws {
    let embedder = HashingEmbedder(dimension: 8)
    let text = "Arrows are fletched with three feathers. Bows are made of the wood of yews."
    let tokens = TokenBits(
      dimension: 8, vectors: (0..<320).map { Float($0 % 3) - 1 })
    let answer = try await ExtractiveGenerator(embedder: embedder).answer(
      AnswerRequest(
        question: "feathers?", questionVector: embedder.vector(of: "feathers?"),
        chunks: [
          RetrievedChunk(
            chunkID: "a", title: "A", text: text, score: 0.6, tokens: tokens)
        ]))
    #expect(text.contains(try #require(answer.citations.first?.quote)))
    #expect(embedder.texts.isEmpty)
  }

  @Test func rememberedVectorsAreBounded() async throws {
    let embedder = HashingEmbedder(dimension: 512)
    var limits = GatewayLimits()
    // About four sentences.
    limits.sentenceVectorBytes = 4 * (4 * 512 + 150)
    let generator = ExtractiveGenerator(embedder: embedder, limits: limits)
    func ask(_ number: Int) async throws {
      _ = try await generator.answer(
        AnswerRequest(
          question: "passage", questionVector: embedder.vector(of: "passage"),
          chunks: [Self.chunk("a", "This is the passage with the number \(number) in it.")]))
    }
    for number in 0..<10 { try await ask(number) }
    #expect(embedder.texts.count == 10)
    try await ask(9)
    #expect(embedder.texts.count == 10)
    try await ask(0)
    #expect(embedder.texts.count == 11)
  }

  @Test func aQuestionIsNoAnswer() async throws {
    let answer = try await Self.answer(
      "What is the difference between Debian and Ubuntu?",
      [
        Self.chunk(
          "a",
          "What is the difference between Debian and other systems? "
            + "The difference is that Debian is made by volunteers.")
      ])
    #expect(answer.summary == "“The difference is that Debian is made by volunteers.” [1]")
  }

  @Test func aSentenceAloneBringsTheNextOne() async throws {
    let answer = try await Self.answer(
      "does it resume broken transfers of files",
      [
        Self.chunk(
          "a",
          """
          It does. It can resume broken transfers of files both ways. Try the -C option.

          Other things are told in other places of the manual.
          """)
      ])
    #expect(
      answer.summary
        == "“It does. It can resume broken transfers of files both ways. Try the -C option.” [1]")
  }

  @Test func whatASentenceLeansOnComesBeforeIt() async throws {
    let text = "Press x and then p at once. This will exchange the two characters for you."
    let answer = try await Self.answer(
      "exchange the two characters", [Self.chunk("a", text), Self.chunk("b", "Another text.")])
    #expect(answer.summary == "“\(text)” [1]")
    // Not twice where it is quoted itself.
    let both = "You exchange the two characters by xp. This will exchange the two characters now."
    let quoted = try await Self.answer("exchange the two characters", [Self.chunk("a", both)])
    #expect(quoted.citations.compactMap(\.quote).joined(separator: " ") == both)
  }

  @Test func aReferenceToAQuestionIsNoAnswer() async throws {
    let answer = try await Self.answer(
      "what are all those directories at the archives",
      [
        Self.chunk(
          "a",
          """
          For more see Section 6.7, “What are all those directories at the archives?”.

          Software is in several trees of directories on each mirror.
          """)
      ])
    #expect(
      answer.summary == "“Software is in several trees of directories on each mirror.” [1]")
  }

  @Test func saysNothingTwice() async throws {
    let sentence = "Threads share the memory of one process."
    let answer = try await Self.answer(
      "threads share memory of process",
      [
        Self.chunk("a", sentence), Self.chunk("b", sentence),
        Self.chunk("c", "Threads share the memory of the one process!"),
      ])
    #expect(answer.citations.map(\.chunkID) == ["a"])
  }

  @Test func aListIsQuotedWhole() async throws {
    let answer = try await Self.answer(
      "which colours does the lamp have",
      [Self.chunk("a", "The lamp has these three colours:\n\n- red\n- green\n- blue")])
    #expect(answer.summary == "“The lamp has these three colours:\n- red\n- green\n- blue” [1]")
  }

  @Test func whatAColonAnnouncesIsQuoted() async throws {
    let text = """
      You can increase the width of a window using one of the following commands:

      :vert resize +N
      :vert resize -N

      For more information about the width of a window, read

      :help window-resize :help vertical-resize of the window width
      """
    let answer = try await Self.answer("increase the width of a window", [Self.chunk("a", text)])
    #expect(
      answer.summary
        == "“You can increase the width of a window using one of the following commands:\n"
        + ":vert resize +N :vert resize -N” [1]")
  }

  @Test func otherAnswersAreLeftOut() async throws {
    let answer = try await Self.answer(
      "alpha beta gamma delta",
      [
        Self.chunk("a", "Alpha beta gamma delta one two. Alpha beta gamma red green."),
        Self.chunk("b", "Alpha beta gamma delta three four."),
      ])
    #expect(Set(answer.citations.map(\.chunkID)) == ["a"])
  }

  /// Sentences, as many as `sentencesMax`.
  @Test func takesAtMostThree() async throws {
    let answer = try await Self.answer(
      "alpha beta gamma delta",
      [
        Self.chunk(
          "a",
          """
          Alpha beta one two three. Beta gamma four five six. Gamma delta seven eight nine. \
          Delta alpha ten eleven twelve. Alpha gamma red green blue.
          """)
      ])
    #expect(answer.citations.count == 3)
  }

  @Test func sentencesKeepTheOrderOfTheirPassage() async throws {
    // The second is the nearest.
    let answer = try await Self.answer(
      "alpha beta gamma delta",
      [Self.chunk("a", "Alpha beta gamma delta six seven. Alpha beta gamma delta three.")])
    #expect(
      answer.summary
        == "“Alpha beta gamma delta six seven.” [1] “Alpha beta gamma delta three.” [1]")
  }

  @Test func aLongPassageLeavesRoomForTheOthers() {
    let long = (0..<200).map { "This is the sentence with the number \($0)." }
      .joined(separator: " ")
    let candidates = QuotableSentence.candidates(
      in: [Self.chunk("a", long), Self.chunk("b", "The second passage has a sentence too.")],
      limit: 64)
    #expect(candidates.filter { $0.chunk == 0 }.count == 32)
    #expect(candidates.filter { $0.chunk == 1 }.count == 1)
  }

  @Test func anUnsureAnswerSaysSo() async throws {
    let told = "the answer may be about something else"
    for (score, isUnsure) in [(Float(0.31), true), (0.9, false)] {
      let answer = try await Self.answer(
        "some words", [Self.chunk("a", "Some words that make a sentence.", score: score)])
      #expect((answer.generator.notice?.contains(told) == true) == isUnsure)
      #expect(answer.summary.hasPrefix("Perhaps: ") == isUnsure)
    }
    // A passage far ahead of the next, whose tokens are near, is more surely the right one.
    func confidence(lead: Float, late: Float) async throws -> Double {
      var chunk = Self.chunk("a", "Some words that make a sentence.")
      chunk.signals.lateInteraction = late
      return try await ExtractiveGenerator(embedder: HashingEmbedder()).answer(
        AnswerRequest(question: "x", questionVector: [], chunks: [chunk], lead: lead)
      ).confidence
    }
    let unsure = try await confidence(lead: 0.1, late: 0.4)
    let surer = try await confidence(lead: 1.5, late: 0.4)
    let surest = try await confidence(lead: 1.5, late: 0.6)
    #expect(unsure < surer && surer < surest && unsure < 0.5 && surest > 0.6)
  }

  @Test func quotesThePassageWhenItHasNoSentences() async throws {
    let answer = try await Self.answer("x", [Self.chunk("a", "Short. Text.")])
    #expect(answer.summary == "“Short. Text.” [1]")
  }

  @Test(arguments: [
    (Float(0.25), 0.0), (0.1, 0.0), (0.5, 0.5), (0.535, 0.57), (0.75, 1.0), (0.99, 1.0),
  ])
  func confidenceFollowsTheBestPassage(_ score: Float, confidence: Double) async throws {
    let answer = try await Self.answer(
      "x", [Self.chunk("a", "Some words that make a sentence.", score: score)])
    #expect(answer.confidence == confidence)
  }
}
