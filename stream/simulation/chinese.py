"""Everyday Chinese as data: sentence patterns written for this project, common words, and coined words to plant.

A topic has words of its own and shares patterns, people, times and places with the others. In a pattern `{N}` is a
noun of the topic, `{V}` a verb and `{A}` an adjective of it; any other name in braces is a class of `WORDS`; the rest
stands as it is. The first words of a list are the most frequent. The coined words name things that do not exist: they
have the form of brands, dishes, titles and names of people, and no dictionary has them.
"""

from stream.simulation.grammar import Grammar, Topic

WORDS = {
    "time": (
        "今天 昨天 最近 周末 晚上 早上 中午 下午 刚才 前天 明天 傍晚 半夜 上周 这周 下周 假期 周一 周五 夏天 冬天 "
        "国庆 元旦 午休 凌晨 春节 月底 去年"
    ),
    "who": (
        "我 我们 朋友 同事 妈妈 大家 他们 室友 老板 弟弟 妹妹 爸爸 奶奶 爷爷 姐姐 哥哥 邻居 同学 老师 闺蜜 网友 "
        "表弟 孩子 女儿 儿子 阿姨 叔叔 小王 老李 小张 小陈 外婆 客户 师傅"
    ),
    "adv": "真的 确实 居然 果然 其实 好像 终于 竟然 大概 总是 经常 偶尔 一直 突然 向来 依然",
    "deg": "很 太 真 挺 特别 非常 有点 超级 相当 实在 格外 十分 越来越",
    "city": (
        "北京 上海 广州 成都 深圳 重庆 杭州 武汉 西安 南京 长沙 厦门 青岛 昆明 苏州 天津 郑州 哈尔滨 大理 三亚 "
        "桂林 洛阳"
    ),
    "mood": "开心 平静 激动 烦躁 放松 难过 满足 紧张 舒畅 踏实 郁闷 幸福",
    "sky": "下雨 刮风 降温 放晴 起雾 下雪 打雷 闷热 凉快 多云",
    "number": "两 三 五 十 一 四 六 八 12 20 30 100 2 3",
    "price": "9 15 20 29 39 50 68 99 128 199 300 500",
    "end": "了 啊 呢 吧 呀 哈哈",
}

MARKS = "， ， ， ， ， ， 。 。 ！ ～"

SHARED = (
    "{time}又看到{N}了", "{who}{time}在聊{N}", "{N}{adv}{deg}{A}", "你们觉得{N}怎么样", "有没有人知道{N}",
    "求推荐{N}", "{city}的{N}{deg}{A}", "为了{N}等了{number}个小时", "{who}说{N}{deg}{A}", "听说{who}也喜欢{N}",
    "第一次{V}{N}", "{time}想{V}{N}", "{who}{V}了{N}", "{who}和{who}一起{V}{N}", "{N}和{N}哪个更{A}",
    "原来{N}这么{A}", "怪不得{who}天天{V}{N}", "{N}到底哪里{A}", "朋友圈全是{N}", "没想到{N}火了", "{N}上热搜了",
    "谁还没{V}过{N}", "{V}{N}要注意什么", "把{N}介绍给{who}", "没有比{N}更{A}的", "{price}块钱的{N}值不值",
    "{mood}的时候就{V}{N}", "{time}{city}{sky}，{who}还在{V}{N}", "{who}问我{N}是什么", "只要{N}就够{end}",
    "请问{N}哪里有", "{N}{adv}不{A}", "又被{N}圈粉了", "关于{N}你怎么看", "离不开{N}的{who}", "{adv}想念{N}",
)  # fmt: skip
"""Sentences that fit every topic; each has a noun that a coined word can replace."""

ASIDES = (
    "心情{deg}{mood}", "{time}天气{deg}{mood}", "{city}{time}{sky}了", "谢谢{who}", "评论区见", "不说了",
    "祝大家周末愉快", "{who}{time}没睡好", "明天还要上班", "先这样{end}", "你们呢", "给{who}点个赞",
    "{adv}{deg}{mood}", "路上{deg}堵", "{time}去{city}出差", "{who}笑出声{end}", "等{who}回来再说",
    "{number}个人都同意", "晚安", "早点休息{end}",
)  # fmt: skip
"""Sentences without a noun of the topic, never the first of a text."""

TOPICS = (
    Topic(
        nouns=(
            "火锅 烧烤 饺子 蛋糕 面包 包子 面条 米饭 豆腐 烤鸭 小龙虾 螃蟹 牛排 寿司 拉面 炒饭 麻辣烫 煎饼 粽子 "
            "月饼 冰淇淋 巧克力 薯条 汉堡 披萨 酸菜鱼 红烧肉 西瓜 草莓 葡萄 榴莲 芒果 馄饨 春卷"
        ),
        verbs="吃 做 点 尝 买",
        adjectives="好吃 香 辣 便宜 新鲜 地道 油腻 贵 软糯 清淡",
        patterns=(
            "{who}家楼下的{N}{deg}{A}", "外卖送来的{N}凉了", "减肥期间不敢碰{N}", "{number}份{N}都吃完了",
            "{N}加点辣椒更{A}", "食堂今天有{N}", "这家店的{N}{adv}{A}",
        ),
        coined="糯咕咕 雪泥酥 炭吻翅 脆啵卷 柚霜冻 栗绒塔 嘎嘣笋 云腿啵 拉丝芋 焰心糕 咕噜粉 椒麻咚",
    ),
    Topic(
        nouns=(
            "咖啡 奶茶 可乐 豆浆 牛奶 啤酒 红酒 果汁 绿茶 柠檬水 酸奶 气泡水 椰子汁 白酒 矿泉水 拿铁 酸梅汤 米酒 "
            "普洱 热巧"
        ),
        verbs="喝 点 买 泡 带",
        adjectives="好喝 甜 酸 苦 便宜 清爽 浓 贵 提神 解渴",
        patterns=(
            "{N}少冰更{A}", "{number}杯{N}下肚", "一口{N}就清醒了", "{who}请客喝{N}", "{N}新品{deg}{A}",
            "睡前别碰{N}", "办公室人手一杯{N}",
        ),
        coined="椰咚咚 桂雾冻 莓吨桶 栀晚茶 青提雾 满杯栗 乌龙嘭 麦芽嘟 苔绿冰 柚见山 橙啵啵 雪梨泡",
    ),
    Topic(
        nouns=(
            "手机 电脑 耳机 平板 键盘 鼠标 相机 手表 音箱 充电宝 路由器 打印机 投影仪 吸尘器 洗衣机 冰箱 空调 "
            "电视 显示器 微波炉 电饭煲 台灯 洗碗机 数据线 风扇 电动牙刷"
        ),
        verbs="买 用 修 换 退 拆",
        adjectives="好用 贵 便宜 流畅 卡顿 轻便 耐用 结实 省电 难看",
        patterns=(
            "{N}降价{price}块", "{N}刚到手就坏了", "客服说{N}能保修", "新款{N}开箱", "{N}续航{deg}差", "双十一抢{N}",
            "旧{N}舍不得扔",
        ),
        coined="叠叠屏 星环表 灵犀键 云舟本 墨影屏 萤石灯 鲸鸣箱 折光镜 蜂巢充 慧瞳仪 极昼灯 旋风宝",
    ),
    Topic(
        nouns=(
            "电影 电视剧 综艺 动画片 纪录片 小说 漫画 演唱会 话剧 音乐剧 直播 短剧 相声 脱口秀 悬疑片 喜剧 舞台剧 "
            "科幻片 手游 桌游"
        ),
        verbs="看 追 刷 推荐 聊",
        adjectives="好看 精彩 无聊 感人 搞笑 拖沓 烧脑 催泪 热闹 温馨",
        patterns=(
            "{N}的结局{deg}{A}", "{N}大结局了", "熬夜看完{N}", "{N}的票抢不到", "{N}豆瓣{number}分", "{N}更新太慢",
            "配乐撑起了{N}",
        ),
        coined="长鲸谣 星渡记 青崖令 雾隐镇 鹿眠书 雪国驿 山鬼志 万灯节 苍梧引 浮灯录 云岫行 夜航图",
    ),
    Topic(
        nouns=(
            "歌手 演员 导演 主持人 运动员 教练 博主 作家 画家 设计师 科学家 模特 编剧 队长 前锋 门将 钢琴家 舞者 "
            "评委 冠军"
        ),
        verbs="采访 支持 关注 夸 模仿",
        adjectives="厉害 努力 谦虚 可爱 低调 帅 幽默 敬业 真诚 自律",
        patterns=(
            "{N}的新歌{deg}{A}", "{N}获奖了", "在机场遇到{N}", "{N}回应了传闻", "{N}夺冠的那一刻", "粉丝给{N}过生日",
            "{N}的采访看哭了",
        ),
        coined="林知鹊 许梨白 纪晚棠 苏芷蘅 陆栖川 江屿眠 温予迟 秦昭岚 顾砚秋 沈鹿吟 裴云疏 程禾笙",
    ),
    Topic(
        nouns=(
            "古镇 海边 博物馆 动物园 公园 寺庙 温泉 雪山 草原 沙漠 瀑布 夜市 老街 植物园 游乐园 美术馆 湖边 书店 "
            "民宿 码头 灯塔 峡谷"
        ),
        verbs="去 逛 打卡 路过 游览",
        adjectives="美 安静 热闹 拥挤 凉快 壮观 偏僻 干净 古朴 值得",
        patterns=(
            "{N}人山人海", "{N}门票{price}块", "自驾去{N}", "{N}的日落{deg}{A}", "{N}附近住哪里", "在{N}拍了照片",
            "{N}周一闭馆",
        ),
        coined="落星坪 听雪崖 雾语林 鹿回坞 白鹭渡 千灯巷 青藤坡 鲸落湾 萤火谷 云栈桥 枕溪里 星海礁",
    ),
    Topic(
        nouns=(
            "瑜伽 游泳 书法 吉他 钢琴 舞蹈 画画 口语 编程 滑板 轮滑 剪辑 摄影 太极拳 围棋 烘焙 插花 羽毛球 乒乓球 "
            "攀岩 冥想 射箭"
        ),
        verbs="学 练 报名 放弃 教",
        adjectives="难 简单 有趣 累 枯燥 上瘾 解压 治愈 费钱 优雅",
        patterns=(
            "{N}入门{deg}{A}", "坚持{N}{number}个月", "{N}班满员了", "{N}老师{deg}耐心", "零基础也能{V}{N}",
            "{N}让人上头", "报了{N}的课",
        ),
        coined="旋叶舞 弹云操 鹤步拳 叠叶画 琥珀琴 咔嗒板 陶息课 踏浪球 蛙式走 揉光术 拾音社 旋子棋",
    ),
    Topic(
        nouns=(
            "会议 方案 合同 周报 项目 表格 简历 奖金 加班 培训 预算 面试 考勤 报销 发票 年会 需求 文档 邮件 进度 "
            "客户 总结"
        ),
        verbs="写 改 准备 提交 讨论",
        adjectives="麻烦 重要 紧急 顺利 复杂 离谱 清楚 繁琐 高效 烦人",
        patterns=(
            "{N}改了{number}遍", "领导又提到{N}", "{N}周五截止", "因为{N}加班到半夜", "{N}终于通过", "没人看{N}",
            "群里都在问{N}",
        ),
        coined="糊糊表 秒回侠 卷尾会 歇口假 喵薪日 鸽子群 摸茶券 甩锅侠 半糖班 躺椅岗 缓冲日 拍板鸭",
    ),
    Topic(
        nouns="猫 狗 兔子 仓鼠 鹦鹉 金鱼 乌龟 橘猫 柯基 金毛 多肉 绿萝 月季 盆栽 仙人掌 刺猬 布偶猫 龙猫 蜗牛 玫瑰",
        verbs="养 照顾 拍 喂 抱",
        adjectives="可爱 乖 调皮 粘人 好养 娇气 聪明 胆小 贪吃 安静",
        patterns=(
            "{N}又闯祸了", "{N}睡着的样子{deg}{A}", "给{N}洗澡", "领养了{N}", "{N}半夜跑酷", "阳台上的{N}{deg}{A}",
            "{N}生病了要紧吗",
        ),
        coined="团绒兔 奶盖狐 棉花貂 绒绒鸮 云尾鼠 糯米獭 蓝莓雀 饭团龟 雪球鼬 桃气鹦 豆苗蛙 毯毯羊",
    ),
    Topic(
        nouns=(
            "地铁 公交 高铁 飞机 出租车 电动车 自行车 摩托车 轮渡 校车 大巴 卡车 缆车 共享单车 电梯 新能源车 "
            "三轮车 房车"
        ),
        verbs="坐 等 骑 赶 错过",
        adjectives="挤 快 慢 方便 准时 堵 安全 平稳 晚点 省钱",
        patterns=(
            "{N}又晚点了", "{N}末班{number}点", "早高峰的{N}{deg}{A}", "{N}限行通知", "下雨天打不到{N}",
            "{N}涨价{price}块", "在{N}上睡着了",
        ),
        coined="云轨车 蜂鸟巴 飞梭舱 磁浮舟 鲸背巴 滴翠艇 风行梯 闪电骡 萤光骑 海豚轨 陆巡蜂 银鲤号",
    ),
)  # fmt: skip

CHINESE = Grammar(WORDS, MARKS, SHARED, ASIDES, TOPICS)
