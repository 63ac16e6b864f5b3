import FoundationEssentials
import RAGGateway
import Testing

@Suite struct PromptTemplateTests {
  @Test func fillsGapsOnce() throws {
    let template = try PromptTemplate("{{json}} {question} / {context}{question}")
    let text = template.render([.question: "{context} {x}", .context: "}} {question} {"])
    #expect(text == "{json} {context} {x} / }} {question} {{context} {x}")
    #expect(template.variables == [.question, .context])
  }

  @Test func gapsWithoutAValueAreEmpty() throws {
    #expect(try PromptTemplate("a{format_instruction}b").render([:]) == "ab")
  }

  @Test(arguments: ["{answer}", "{", "}", "{question", "{ question }", "a } b"])
  func refusesWhatItCannotFill(_ text: String) {
    #expect(throws: PromptError.self) { try PromptTemplate(text) }
  }

  @Test func builtInPromptHasAllGaps() throws {
    let prompt = try InsightPrompt.load(path: nil, version: "v1")
    #expect(
      prompt.system.variables.union(prompt.human.variables)
        == Set(PromptTemplate.Variable.allCases))
    #expect(throws: PromptError.unknownVersion("v9", known: ["v1"])) {
      try InsightPrompt.load(path: nil, version: "v9")
    }
  }

  @Test func readsAFileOrAVersionInAFolder() throws {
    let folder = try TemporaryFolder()
    try folder.write("v2.yaml", "system: Be brief.\nhuman: |\n  {context}\n  {question}\n")
    let byFolder = try InsightPrompt.load(path: folder.path, version: "v2")
    let byFile = try InsightPrompt.load(path: folder.path + "/v2.yaml", version: "any")
    #expect(byFolder == byFile)
    #expect(byFolder.system.render([:]) == "Be brief.")
    #expect(byFolder.human.render([.context: "C", .question: "Q"]) == "C\nQ\n")
    #expect(throws: PromptError.self) {
      try InsightPrompt.load(path: folder.path, version: "v3")
    }
  }

  @Test(arguments: [
    "system: x", "- a\n- b", "system: [", "system: x\nhuman: '{question}'",
    "system: x\nhuman: '{question} {context} {nope}'",
  ])
  func refusesBrokenFiles(_ yaml: String) {
    #expect(throws: PromptError.self) { try InsightPrompt(yaml: yaml) }
  }
}
