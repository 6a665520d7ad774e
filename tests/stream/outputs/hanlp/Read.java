import com.hankcs.hanlp.HanLP;
import com.hankcs.hanlp.dictionary.CustomDictionary;
import com.hankcs.hanlp.seg.Segment;
import com.hankcs.hanlp.seg.common.Term;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads a custom dictionary as HanLP does, then says of each word in a file whether a sentence with it is cut around it. */
public class Read {
    public static void main(String[] args) throws Exception {
        HanLP.Config.CustomDictionaryPath = new String[] {args[0]};
        Segment segment = HanLP.newSegment().enableCustomDictionaryForcing(true);
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        for (String word : Files.readAllLines(Path.of(args[1]))) {
            boolean found = false;
            for (Term term : segment.seg("我们说" + word + "，很好")) found |= term.word.equals(word);
            out.println(word + "\t" + CustomDictionary.get(word) + "\t" + found);
        }
    }
}
