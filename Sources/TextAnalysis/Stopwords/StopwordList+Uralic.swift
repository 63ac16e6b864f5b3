extension StopwordList {
  static let finnish = """
    ei eivät emme en et ette että he heidän heidät heihin heille heillä heiltä heissä heistä
    heitä hän häneen hänelle hänellä häneltä hänen hänessä hänestä hänet häntä itse ja johon
    joiden joihin joiksi joilla joille joilta joina joissa joista joita joka joksi jolla jolle
    jolta jona jonka jos jossa josta jota jotka kanssa keiden keihin keiksi keille keillä keiltä
    keinä keissä keistä keitä keneen keneksi kenelle kenellä keneltä kenen kenenä kenessä kenestä
    kenet ketkä ketä koska kuin kuka kun me meidän meidät meihin meille meillä meiltä meissä
    meistä meitä mihin miksi mikä mille millä miltä minkä minua minulla minulle minulta minun
    minussa minusta minut minuun minä missä mistä mitkä mitä mukaan mutta ne niiden niihin niiksi
    niille niillä niiltä niin niinä niissä niistä niitä noiden noihin noiksi noilla noille noilta
    noin noina noissa noista noita nuo nyt näiden näihin näiksi näille näillä näiltä näinä näissä
    näistä näitä nämä ole olemme olen olet olette oli olimme olin olisi olisimme olisin olisit
    olisitte olisivat olit olitte olivat olla olleet ollut on ovat poikki se sekä sen siihen
    siinä siitä siksi sille sillä siltä sinua sinulla sinulle sinulta sinun sinussa sinusta sinut
    sinuun sinä sitä tai tallä te teidän teidät teihin teille teillä teiltä teissä teistä teitä
    tuo tuohon tuoksi tuolla tuolle tuolta tuon tuona tuossa tuosta tuotä tähän täksi tälle tältä
    tämä tämän tänä tässä tästä tätä vaan vai vaikka yli
    """

  static let hungarian = """
    a abban ahhoz ahogy ahol aki akik akkor alatt amely amelyek amelyekben amelyeket amelyet
    amelynek ami amikor amit amolyan amíg annak arra arról az azok azon azonban azt aztán azután
    azzal azért be belül benne bár cikk cikkek cikkeket csak de e ebben eddig egy egyes egyetlen
    egyik egyre egyéb egész ehhez ekkor el ellen elsõ elég elõ elõször elõtt emilyen ennek erre
    ez ezek ezen ezt ezzel ezért fel felé hanem hiszen hogy hogyan igen ill ill. illetve ilyen
    ilyenkor ismét ison itt jobban jó jól kell kellett keressünk keresztül ki kívül között közül
    legalább legyen lehet lehetett lenne lenni lesz lett maga magát majd meg mellett mely melyek
    mert mi mikor milyen minden mindenki mindent mindig mint mintha mit mivel miért most már más
    másik még míg nagy nagyobb nagyon ne nekem neki nem nincs néha néhány nélkül olyan ott pedig
    persze rá s saját sem semmi sok sokat sokkal szemben szerint szinte számára talán tehát
    teljes tovább továbbá több ugyanis utolsó után utána vagy vagyis vagyok valaki valami
    valamint való van vannak vele vissza viszont volna volt voltak voltam voltunk által általában
    át én éppen és így õ õk õket össze úgy új újabb újra
    """
}
