import Testing
import TextAnalysis

@Suite struct LanguageGuessTests {
  @Test(arguments: [
    "Wie entferne ich ein Paket samt seiner Einstellungen?",
    "Warum ist der Himmel blau?",
    "Comment supprimer un paquet avec ses réglages ?",
    "¿Cómo se elimina un paquete con su configuración?",
    "Come si rimuove un pacchetto con le sue impostazioni?",
    "Como é que se remove um pacote com a sua configuração?",
    "Hoe verwijder ik een pakket met al zijn instellingen?",
    "Hur tar jag bort ett paket och dess inställningar?",
    "Czy można usunąć pakiet łącznie z jego plikami? Dziękuję i proszę o pomoc.",
    "Как удалить пакет вместе с его настройками?",
    "Πώς αφαιρώ ένα πακέτο;",
    "如何用 apt 卸载软件包并删除配置文件？",
    "パッケージを設定ごと削除するには?",
    "패키지를 설정과 함께 제거하려면?",
    "كيف أزيل حزمة مع إعداداتها؟",
  ])
  func `other languages are told`(text: String) {
    #expect(LanguageGuess.isEvidentlyNotEnglish(text))
  }

  @Test(arguments: [
    "", "?", "7", "α", "rsync", "apt purge",
    "How do I remove a package together with its settings?",
    "Why does `die` in an eval not end the program?",
    "What is the difference between a list and a tuple in Python?",
    "curl follow redirects",
    "The naïve façade of the café in São Paulo was rebuilt after the war by the city.",
    "for (int i = 0; i < n; i++) { a[i] = b[i]; }",
    "Was Die Zeit founded in Hamburg, and who is its editor?",
    "The Greek letters α, β, γ and δ stand for the angles of the figure.",
    "Van Gogh and De Kooning are in the museum.",
  ])
  func `English, names, code and fragments are left alone`(text: String) {
    #expect(!LanguageGuess.isEvidentlyNotEnglish(text))
  }
}
