extension StopwordList {
  static let azerbaijani = """
    a ad altmış altı amma arasında artıq ay az bax belə beş bilər bir biraz biri birşey biz bizim
    bizlər bu buna bundan bunların bunu bunun buradan bütün bəli bəlkə bəy bəzi bəzən ci cu cü cı
    da daha dedi deyil dir doqquz doqsan dörd düz də dək dən dəqiqə edir edən elə et etdi etmə
    etmək faiz gilə görə ha haqqında harada heç hə həm həmin həmişə hər idi iki il ildə ilk ilə
    in indi istifadə isə iyirmi ki kim kimi kimə lakin lap mirşey məhz mən mənə niyə nə nəhayət o
    obirisi of olan olar olaraq oldu olduğu olmadı olmaz olmuşdur olsun olur on ona ondan onlar
    onlardan onsuzda onu onun oradan otuz qarşı qırx qədər saat sadəcə saniyə siz sizin sizlər
    sonra səhv səkkiz səksən sən sənin sənə təəssüf var və xan xanım xeyr ya yalnız yaxşı yeddi
    yenə yetmiş yox yoxdur yoxsa yüz yəni zaman çox çünki öz özü ü üç üçün ı ə əgər əlbəttə əlli
    ən əslində
    """

  static let kazakh = """
    ай айтпақшы ал алайда алатау алақай алдақашан ана анау арбаң-арбаң арнайы арс арс-ұрс
    арсалаң-арсалаң арқылы астапыралла ау ах аһа бар барлық барша барқ батыр-бұтыр бері бетер беу
    бойы бойымен болп борт былп біз бізбен бізге бізден біздер біздерге біздерден біздердің
    біздермен біздің бірақ бірге бірдеме біреу бірнеше бүгжең-бүгжең бүйт бүкіл бұл бұндай бұрын
    бәрекелді бәрі гүрс гөрі далаң-далаң дегенмен дейін дүрс дүңк дәнеңе е ей емес
    ербелең-ербелең еш ешбір ешкім ештеме ешқайсы ешқандай ешқашан жалп жалт-жалт жалт-жұлт
    жаракімалла желп жоқ жуық ие кейбір кейбіреу кейін кірт күллі күрт күшім күңк кә кәне кәнеки
    кәні кәһ масқарай маған маңқ мен менде менен менімен менің митың-митың морт моһ мына мынау
    мышы мыңқ міне мұндай мәссаған о одан ой ойпырмай ол олар олардан олардың олармен оларға онда
    онымен оның осы осылай осынау осындай ох оған оһо па пай пай-пай паһ-паһ пфша пырс пішту пішә
    сайын салаң-сұлаң салым сарт сарт-сұрт саған саңқ себебі сен сенде сенен сенімен сенің сияқты
    сол солай сона сонау сондай сондықтан сонымен сорап соң сыңқ сіз сізбен сізге сізден сіздер
    сіздерге сіздерден сіздердің сіздермен сіздің таман тарбаң-тарбаң тарс тарс-тұрс тарта таяу
    тағы тағыда таңқ тек туралы тырс тыңқ түге түгел тәк уа уай уау ура шамалы шақты шаңқ
    шаңқ-шаңқ шаңқ-шұңқ шейін шек шырт шіркін шіңк шәйт ыржың-тыржың ырс ырқ ыңқ эй эх я япырмай
    ірк ғана ғұрлы ғұрлым қайсыбір қайқаң-құйқаң қалт-қалт қалт-құлт қана қап қарай қаралы қатар
    қаңғыр-күңгір қаңқ-қаңқ қаңқ-құңқ қолп қорс қоса қош-қош қызараң-қызараң қыңқ құр құрау
    құрау-құрау үйт үшін ә әй әйда әйткенмен әйтпесе әлдекім әлдене әлденеше әлдеқайдан әлдеқалай
    әлдеқашан әншейін әні әрбір әрине әркім әрне әрқайсы әрқалай әттеген-ай әттегенай әттең әукім
    өз өзге өзі өзім өзіме өзімнің өзіне өзінің өзің өй өйткені
    """

  static let turkish = """
    acaba ama aslında az bazı belki biri birkaç birşey biz bu da daha de defa diye en eğer gibi
    hem hep hepsi her hiç ile ise için kez ki kim mu mü mı nasıl ne neden nerde nerede nereye
    niye niçin o sanki siz tüm ve veya ya yani çok çünkü şey şu
    """
}
